// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ResultHub} from "../../src/ResultHub.sol";
import {RESULT_HUB} from "./Artifacts.sol";
import {Encoder, Item} from "./Encoder.sol";
import {GatewayTest} from "./GatewayTest.sol";
import {Hyperlane, Mailbox} from "./Hyperlane.sol";
import {ThreeOfFive} from "./ThreeOfFive.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice A whole lane: our hub, Hyperlane's Mailbox and hooks on the hub's chain, its Mailbox and module of three of
/// five validators at the origin, and the gateway behind them.
abstract contract LaneTest is GatewayTest {
    bytes32 private constant DISPATCH = keccak256("Dispatch(address,uint32,bytes32,bytes)");

    ThreeOfFive internal lane;
    Mailbox internal arrivals;
    Mailbox internal departures;
    ResultHub internal hub;
    address internal publisher = makeAddr("publisher");

    function setUp() public virtual override {
        super.setUp();
        lane = new ThreeOfFive();
        arrivals = lane.mailbox();
        departures = Mailbox(Hyperlane.create("Mailbox__factory.js", abi.encode(HUB_DOMAIN)));
        address tree = Hyperlane.create("hooks/MerkleTreeHook__factory.js", abi.encode(departures));
        address free = Hyperlane.create("hooks/PausableHook__factory.js", "");
        departures.initialize(address(this), Hyperlane.create("isms/NoopIsm__factory.js", ""), free, tree);
        hub = ResultHub(deployCode(RESULT_HUB, abi.encode(departures, owner)));
        gateway = deployGateway(address(arrivals), lane.ism(), owner, treasury);
        vm.startPrank(owner);
        hub.setPublisher(publisher, true);
        hub.setGateway(lane.LOCAL(), bytes32(uint256(uint160(address(gateway)))), 12_000_000);
        gateway.setHub(HUB_DOMAIN, bytes32(uint256(uint160(address(hub)))), true);
        gateway.setProtocolFee(PROTOCOL_FEE);
        vm.stopPrank();
        policyId = gateway.registerPolicy(policyOf(address(verifier), 2));
    }

    /// @return message What the hub's Mailbox dispatched, which is what validators sign
    function publish(bytes[] memory items) internal returns (bytes memory message) {
        uint32 local = lane.LOCAL();
        vm.recordLogs();
        vm.prank(publisher);
        hub.publish(local, new bytes32[](items.length), items, 1_000_000, "");
        return dispatched();
    }

    function publish(Item memory item) internal returns (bytes memory message) {
        bytes[] memory items = new bytes[](1);
        items[0] = Encoder.item(item);
        return publish(items);
    }

    function dispatched() internal returns (bytes memory message) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == DISPATCH) message = abi.decode(logs[i].data, (bytes));
        }
    }

    /// @notice Honest validators sign whatever was dispatched, and anyone brings it.
    function bring(bytes memory message) internal {
        arrivals.process(lane.attest(message), message);
    }
}
