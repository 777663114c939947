// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Result} from "../../src/types/Result.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GreedyConsumer, RecordingConsumer} from "../support/Consumers.sol";
import {Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

contract OutputByHashTest is GatewayTest {
    uint256 private constant AWAITED = 2 << 8;
    uint256 private constant FAILED = 1 << 8;
    bytes private constant CONTEXT = "round 7";

    Terms private it;
    bytes32 private id;
    bytes private large = new bytes(100_000);

    function setUp() public override {
        super.setUp();
        it = terms();
        it.outputMode = 1;
        it.callbackGasLimit = 3_000_000;
        it.contextHash = keccak256(CONTEXT);
        large[7] = 0x42;
    }

    function test_settles_by_hash_pays_and_calls_back_when_anyone_reveals() public {
        Result memory result = settle();
        assertEq(gateway.stateOf(id) & 0xff00, AWAITED, "and no other flag");
        assertEq(credit(relayer), RELAY_FEE);
        assertEq(consumer.calls(), 0);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.OutputRevealed(id, OUTPUT);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackSucceeded(id);
        vm.prank(makeAddr("anyone"));
        gateway.reveal(it, result, OUTPUT, CONTEXT);
        assertEq(consumer.received(), abi.encode(id, asker, CONTEXT, uint8(1), OUTPUT, true));
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToReveal.selector, id));
        gateway.reveal(it, result, OUTPUT, CONTEXT);
        assertEq(consumer.calls(), 1);
    }

    function test_an_output_far_beyond_the_inline_limit_goes_by_hash() public {
        it.callbackGasLimit = 0;
        id = open1(it);
        Item memory item = answer(it, 1, large, 2);
        (item.output, item.context) = ("", CONTEXT);
        deliver(item);
        gateway.reveal(it, resultOf(item, 0, 2), large, "");
        assertEq(gateway.stateOf(id) & AWAITED, 0);
    }

    function test_an_output_beyond_the_limit_does_not_travel() public {
        it = terms();
        id = open(it);
        assertEq(gateway.MAX_OUTPUT_BYTES(), 16_384);
        bytes memory output = new bytes(gateway.MAX_OUTPUT_BYTES() + 1);
        expectRejected(answer(it, 1, output, 2), id, Rejection.OutputTooLarge, "");
        deliver(answer(it, 1, new bytes(gateway.MAX_OUTPUT_BYTES()), 2));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
    }

    function test_an_output_travels_not_where_only_its_hash_was_asked_for() public {
        id = open1(it);
        Item memory item = answer(it);
        item.context = CONTEXT;
        expectRejected(item, id, Rejection.OutputMismatch, "");
        item.output = "?";
        expectRejected(item, id, Rejection.OutputMismatch, "");
    }

    function test_a_declined_request_is_called_back_at_once() public {
        id = open1(it);
        Item memory item = answer(it, 3, "", 2);
        item.context = CONTEXT;
        deliver(item);
        assertEq(consumer.calls(), 1);
        assertEq(gateway.stateOf(id) & AWAITED, 0);
        Result memory result = resultOf(item, 0, 2);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToReveal.selector, id));
        gateway.reveal(it, result, "", CONTEXT);
    }

    function test_reveal_refuses_what_was_not_settled() public {
        Result memory result = settle();
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceGateway.OutputHashMismatch.selector, keccak256(OUTPUT), keccak256("another")
            )
        );
        gateway.reveal(it, result, "another", CONTEXT);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceGateway.ContextHashMismatch.selector, keccak256(CONTEXT), keccak256("another")
            )
        );
        gateway.reveal(it, result, OUTPUT, "another");
        result.outputHash = keccak256("another");
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.ResultMismatch.selector, id));
        gateway.reveal(it, result, "another", CONTEXT);
        assertEq(gateway.stateOf(id) & AWAITED, AWAITED);
    }

    function test_reveal_refuses_to_starve_the_callback() public {
        Result memory result = settle();
        try gateway.reveal{gas: 2_900_000}(it, result, OUTPUT, CONTEXT) {
            revert("taken");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IInferenceGateway.InsufficientGas.selector);
        }
        assertEq(gateway.stateOf(id) & AWAITED, AWAITED);
    }

    function test_a_failed_callback_is_run_again_by_anyone_once_it_works() public {
        it.consumer = makeAddr("later");
        Result memory result = settle();
        gateway.reveal(it, result, OUTPUT, CONTEXT);
        assertEq(gateway.stateOf(id) & FAILED, FAILED);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.RetryFailed.selector, id, ""));
        gateway.retryCallback(it, result, OUTPUT, CONTEXT);
        vm.etch(it.consumer, address(consumer).code);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackSucceeded(id);
        gateway.retryCallback(it, result, OUTPUT, CONTEXT);
        assertEq(gateway.stateOf(id) & FAILED, 0);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToRetry.selector, id));
        gateway.retryCallback(it, result, OUTPUT, CONTEXT);
    }

    function test_a_retry_gets_more_gas_than_was_promised_where_there_is_more() public {
        (it.outputMode, it.callbackGasLimit) = (0, 10_000);
        id = open1(it);
        Item memory item = answer(it);
        item.context = CONTEXT;
        deliver(item);
        assertEq(gateway.stateOf(id) & FAILED, FAILED, "storing takes more than 10,000");
        Result memory result = resultOf(item, 0, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceGateway.OutputHashMismatch.selector, keccak256(OUTPUT), keccak256("another")
            )
        );
        gateway.retryCallback(it, result, "another", CONTEXT);
        gateway.retryCallback{gas: 1_000_000}(it, result, OUTPUT, CONTEXT);
        assertGt(consumer.gasAtEntry(), 800_000);
        assertEq(consumer.received(), abi.encode(id, asker, CONTEXT, uint8(1), OUTPUT, true));
    }

    /// @dev 63 of 64 parts are as much as the EVM passes on.
    function test_a_retry_hands_on_all_the_gas_it_can() public {
        (it.outputMode, it.callbackGasLimit) = (0, 10_000);
        id = open1(it);
        Item memory item = answer(it);
        item.context = CONTEXT;
        deliver(item);
        gateway.retryCallback{gas: 20_000_000}(it, resultOf(item, 0, 2), OUTPUT, CONTEXT);
        assertGt(consumer.gasAtEntry(), uint256(20_000_000 - 80_000) * 63 / 64);
    }

    /// @dev Nobody has vouched for an output then, whatever is brought.
    function test_a_declined_result_is_handed_over_again_without_an_output() public {
        it.consumer = makeAddr("later");
        id = open1(it);
        Item memory item = answer(it, 3, "", 2);
        item.context = CONTEXT;
        deliver(item);
        assertEq(gateway.stateOf(id) & FAILED, FAILED);
        vm.etch(it.consumer, address(consumer).code);
        Result memory result = resultOf(item, 0, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceGateway.ContextHashMismatch.selector, keccak256(CONTEXT), keccak256("another")
            )
        );
        gateway.retryCallback(it, result, "", "another");
        gateway.retryCallback(it, result, "brought by anyone", CONTEXT);
        bytes memory received = RecordingConsumer(it.consumer).received();
        assertEq(received, abi.encode(id, asker, CONTEXT, uint8(3), bytes(""), true));
    }

    function test_a_retry_that_burns_its_gas_leaves_everything_as_it_was() public {
        it.consumer = address(new GreedyConsumer(false));
        Result memory result = settle();
        gateway.reveal(it, result, OUTPUT, CONTEXT);
        uint256 word = gateway.stateOf(id);
        try gateway.retryCallback{gas: 5_000_000}(it, result, OUTPUT, CONTEXT) {
            revert("taken");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IInferenceGateway.RetryFailed.selector);
        }
        assertEq(gateway.stateOf(id), word);
    }

    function settle() private returns (Result memory) {
        id = open1(it);
        Item memory item = answer(it);
        (item.output, item.context) = ("", CONTEXT);
        deliver(item);
        return resultOf(item, 0, 2);
    }

    function open1(Terms memory terms_) private returns (bytes32) {
        vm.prank(asker);
        return gateway.request{value: TOTAL}(terms_, INPUT, CONTEXT);
    }
}
