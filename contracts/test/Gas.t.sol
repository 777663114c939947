// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AskDapp} from "../examples/AskDapp.sol";
import {RequestState} from "../src/types/Lifecycle.sol";
import {Terms} from "../src/types/Terms.sol";
import {ASK_DAPP} from "./support/Artifacts.sol";
import {Encoder, Item} from "./support/Encoder.sol";
import {GatewayTest} from "./support/GatewayTest.sol";
import {NewerVm} from "./support/NewerVm.sol";

/// @notice What requests and deliveries cost, each as a transaction of its own (its 21,000 and its calldata included),
/// written to snapshots/gateway.json. k is 2; credited accounts are new unless the name says otherwise; inputs and
/// outputs are short sentences. forge-config: default.isolate = true
contract GasTest is GatewayTest {
    function test_gas_of_request() public {
        Terms memory it = terms();
        open(it);
        it.salt = bytes32(uint256(43));
        open(it);
        snapshot("request");

        bytes memory input = new bytes(1_024);
        it.inputHash = keccak256(input);
        vm.prank(asker);
        gateway.request{value: TOTAL}(it, input, "");
        snapshot("request, 1024 zero bytes");
    }

    function test_gas_of_handle_one_item() public {
        Terms memory it = withoutCallback(1);
        open(it);
        handle(Encoder.body(Encoder.item(answer(it))));
        snapshot("handle 1 item, new accounts");

        it = withoutCallback(2);
        open(it);
        handle(Encoder.body(Encoder.item(answer(it))));
        snapshot("handle 1 item");

        it = withoutCallback(3);
        it.protocolFee = 0;
        vm.prank(owner);
        gateway.setProtocolFee(0);
        open(it);
        handle(Encoder.body(Encoder.item(answer(it))));
        snapshot("handle 1 item, no protocol fee");

        it = withoutCallback(4);
        open(it);
        handle(Encoder.body(Encoder.item(answer(it, 2, "", 2))));
        snapshot("handle 1 item, declined");
    }

    function test_gas_of_handle_ten_items() public {
        bytes[] memory items = new bytes[](10);
        open(withoutCallback(99));
        handle(Encoder.body(Encoder.item(answer(withoutCallback(99)))));
        for (uint256 i = 0; i < 10; ++i) {
            Terms memory it = withoutCallback(100 + i);
            open(it);
            items[i] = Encoder.item(answer(it));
        }
        handle(Encoder.body(items));
        snapshot("handle 10 items");
    }

    function test_gas_of_the_callback_of_the_example() public {
        AskDapp dapp = AskDapp(deployCode(ASK_DAPP, abi.encode(gateway)));
        uint40 deadline = uint40(block.timestamp) + 600;
        vm.prank(asker);
        bytes32 id = dapp.ask{value: TOTAL}("model", string(INPUT), policyId, WORKER_FEE, RELAY_FEE, deadline);
        snapshot("AskDapp.ask");
        Terms memory it = terms();
        it.salt = bytes32(uint256(1));
        it.requester = it.consumer = address(dapp);
        it.refundTo = asker;
        it.callbackGasLimit = dapp.CALLBACK_GAS();
        it.contextHash = keccak256(abi.encode(asker));
        it.modelId = "model";
        assertEq(gateway.idOf(it), id);
        Item memory item = answer(it, 1, bytes.concat(new bytes(199), hex"01"), 2);
        item.context = abi.encode(asker);
        handle(Encoder.body(Encoder.item(item)));
        snapshot("handle 1 item, AskDapp stores 200 bytes, new accounts");
        assertEq(gateway.stateOf(id) >> 8 & 1, 0, "the callback succeeded");
    }

    function test_gas_of_expire_and_claim() public {
        Terms memory it = terms();
        open(it);
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        snapshot("expire");
        vm.prank(refundee);
        gateway.claim(address(0), refundee);
        snapshot("claim");
    }

    function withoutCallback(uint256 salt) private view returns (Terms memory it) {
        it = terms();
        it.salt = bytes32(salt);
        it.callbackGasLimit = 0;
    }

    function handle(bytes memory body) private {
        vm.prank(address(mailbox));
        gateway.handle(HUB_DOMAIN, HUB, body);
    }

    function snapshot(string memory name) private {
        NewerVm(address(vm)).snapshotGasLastCall("gateway", name);
    }
}
