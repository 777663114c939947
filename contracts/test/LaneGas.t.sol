// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";
import {Terms} from "../src/types/Terms.sol";
import {Item} from "./support/Encoder.sol";
import {LaneTest} from "./support/LaneTest.sol";
import {NewerVm} from "./support/NewerVm.sol";

/// @notice Takes a message and does nothing: Hyperlane's own share of a delivery.
contract SilentRecipient is IMessageRecipient {
    function handle(uint32, bytes32, bytes calldata) external payable override {}
}

/// @notice What one result costs on its way, each step as a transaction of its own, bridge included: Hyperlane's bare
/// Mailboxes and a module of three of five. Written to snapshots/lane.json. Outputs are 32 bytes, credited accounts have
/// credits already, there is no callback. forge-config: default.isolate = true
contract LaneGasTest is LaneTest {
    bytes private constant WORD = hex"a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8";

    function test_gas_of_a_lane() public {
        bring(publish(asked(1, 2)));
        SilentRecipient silent = new SilentRecipient();
        Item memory single = asked(2, 1);
        uint32 local = lane.LOCAL();
        vm.prank(owner);
        hub.setGateway(local, bytes32(uint256(uint160(address(silent)))), 12_000_000);
        record(publish(single), "process into an empty recipient");
        vm.prank(owner);
        hub.setGateway(local, bytes32(uint256(uint160(address(gateway)))), 12_000_000);
        record(publish(single), "process 1 result, k = 1");
        record(publish(asked(3, 2)), "process 1 result, k = 2");
        publish(asked(4, 2));
        NewerVm(address(vm)).snapshotGasLastCall("lane", "publish 1 result");
    }

    function asked(uint256 salt, uint8 k) private returns (Item memory item) {
        Terms memory it = terms();
        (it.salt, it.callbackGasLimit) = (keccak256(abi.encode(salt)), 0);
        it.policyId = gateway.registerPolicy(policyOf(address(verifier), k));
        open(it);
        return answer(it, 1, WORD, k);
    }

    function record(bytes memory message, string memory name) private {
        bring(message);
        NewerVm(address(vm)).snapshotGasLastCall("lane", name);
    }
}
