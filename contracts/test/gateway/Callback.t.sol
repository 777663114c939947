// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GreedyConsumer, ReentrantConsumer, RevertingConsumer} from "../support/Consumers.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

/// @notice Consumers are anybody's code: whatever they do, the request is settled, the others are not touched, and it
/// is recorded.
contract CallbackTest is GatewayTest {
    uint256 private constant FAILED_FLAG = 1 << 8;

    function test_success_is_recorded() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackSucceeded(id);
        deliver(answer(it));
        assertEq(gateway.stateOf(id) & FAILED_FLAG, 0);
    }

    function test_a_revert_is_recorded_and_everyone_is_paid() public {
        Terms memory it = terms();
        it.consumer = address(new RevertingConsumer(36));
        expectFailure(it, abi.encodePacked(type(uint256).max, uint32(0xffffffff)));
    }

    /// @dev Of what is reverted with, 132 bytes are kept.
    function testFuzz_revert_bombs_are_cut(uint256 size) public {
        size = bound(size, 0, 30_000);
        Terms memory it = terms();
        it.consumer = address(new RevertingConsumer(size));
        bytes memory kept = new bytes(size < 132 ? size : 132);
        for (uint256 i = 0; i < kept.length; ++i) {
            kept[i] = 0xff;
        }
        expectFailure(it, kept);
    }

    function test_a_return_bomb_costs_the_delivery_no_more_than_was_promised() public {
        Terms memory it = terms();
        it.consumer = address(new GreedyConsumer(true));
        bytes32 id = open(it);
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        uint256 before = gasleft();
        deliver(body);
        assertLt(before - gasleft(), 500_000 + 250_000);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
    }

    function test_a_gas_burner_burns_its_own() public {
        Terms memory it = terms();
        it.consumer = address(new GreedyConsumer(false));
        expectFailure(it, "");
    }

    function test_no_code_takes_no_answer() public {
        Terms memory it = terms();
        it.consumer = makeAddr("no code");
        expectFailure(it, "");
    }

    function test_a_single_byte_of_code_is_code() public {
        Terms memory it = terms();
        it.consumer = makeAddr("a contract that stops");
        vm.etch(it.consumer, hex"00");
        bytes32 id = open(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackSucceeded(id);
        deliver(answer(it));
    }

    function test_a_contract_without_the_function_fails() public {
        Terms memory it = terms();
        it.consumer = address(sets);
        expectFailure(it, "");
    }

    function test_a_failing_callback_touches_no_other_item() public {
        Terms memory bad = terms();
        bad.consumer = address(new GreedyConsumer(false));
        Terms memory good = terms();
        good.salt = bytes32(uint256(43));
        open(bad);
        bytes32 id = open(good);
        bytes[] memory items = new bytes[](2);
        items[0] = Encoder.item(answer(bad));
        items[1] = Encoder.item(answer(good));
        deliver(Encoder.body(items));
        assertEq(gateway.stateOf(id) & FAILED_FLAG, 0);
        assertEq(consumer.calls(), 1);
    }

    function test_reentrancy_gains_nothing() public {
        ReentrantConsumer reentrant = new ReentrantConsumer(mailbox, gateway);
        Terms memory it = terms();
        it.requester = it.consumer = it.refundTo = address(reentrant);
        it.inputHash = keccak256("");
        it.callbackGasLimit = 3_000_000;
        deal(address(reentrant), 10 ether);
        bytes32 id = reentrant.ask{value: TOTAL}(it);
        Item memory item = answer(it);
        Terms memory next = terms();
        (next.requester, next.inputHash) = (address(reentrant), keccak256(""));
        bytes memory body = Encoder.body(Encoder.item(item));
        reentrant.arm(it, next, body, HUB_DOMAIN, HUB);

        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackSucceeded(id);
        deliver(body);

        assertEq(reentrant.expireError(), IInferenceGateway.NotOpen.selector, "no refund on top of the answer");
        assertEq(reentrant.handleError(), IInferenceGateway.NotMailbox.selector);
        assertTrue(reentrant.redelivered(), "the same item again is only recorded");
        assertEq(reentrant.claimed(), 0);
        assertEq(credit(relayer), RELAY_FEE, "paid once");
        assertEq(uint8(stateOf(reentrant.nextId())), uint8(RequestState.Open), "asking again from a callback is fine");
        assertEq(gateway.requestCount(), 2);
        assertEq(address(gateway).balance, TOTAL + total(next));
    }

    function expectFailure(Terms memory it, bytes memory reason) private {
        bytes32 id = open(it);
        Item memory item = answer(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackFailed(id, reason);
        deliver(item);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(gateway.stateOf(id) & FAILED_FLAG, FAILED_FLAG);
        assertEq(credit(relayer), RELAY_FEE);
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)), WORKER_FEE);
    }
}
