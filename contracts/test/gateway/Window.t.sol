// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Result} from "../../src/types/Result.sol";
import {Terms} from "../../src/types/Terms.sol";
import {AttestedVerifier} from "../../src/verifiers/AttestedVerifier.sol";
import {Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {OptimisticStandIn} from "../support/StandIns.sol";

/// @notice Results of a policy with a window: pending, then final, disputed or overturned.
contract WindowTest is GatewayTest {
    uint32 private constant WINDOW = 1 days;
    uint256 private constant DISPUTED = 4 << 8;

    OptimisticStandIn private judge;
    Terms private it;
    Item private item;
    bytes32 private id;
    uint40 private finalAt;

    function setUp() public override {
        super.setUp();
        judge = new OptimisticStandIn(gateway, verifier);
        Policy memory policy = policyOf(address(judge), 2);
        policy.window = WINDOW;
        it = terms();
        it.policyId = gateway.registerPolicy(policy);
        id = open(it);
        deal(address(this), 10);
        gateway.topUp{value: 5}(it, 5);
        item = answer(it);
        finalAt = uint40(block.timestamp) + WINDOW;
    }

    function test_nobody_is_paid_before_the_window_has_passed() public {
        Result memory result = resultOf(item, 5, 2);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultDelivered(
            id, 1, item.outputHash, item.evidenceHash, relayer, result.payees, OUTPUT, 3, false
        );
        deliver(item);
        assertEq(
            gateway.stateOf(id), uint256(2) | uint256(finalAt) << 16 | uint256(keccak256(abi.encode(result))) << 56
        );
        assertEq(credit(relayer), 0);
        assertEq(consumer.received(), abi.encode(id, asker, bytes(""), uint8(1), OUTPUT, false), "provisional");
        vm.warp(finalAt);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotFinalYet.selector, id, finalAt, finalAt));
        gateway.finalize(it, result, OUTPUT, "");
        vm.warp(finalAt + 1);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultFinalized(id);
        vm.prank(makeAddr("anyone"));
        gateway.finalize(it, result, OUTPUT, "");
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(credit(relayer), RELAY_FEE + 5);
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)), WORKER_FEE);
        assertEq(credit(treasury), PROTOCOL_FEE);
        assertEq(consumer.calls(), 2);
        assertEq(consumer.received(), abi.encode(id, asker, bytes(""), uint8(1), OUTPUT, true), "final");
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotPending.selector, id, RequestState.Delivered));
        gateway.finalize(it, result, OUTPUT, "");
    }

    function test_a_window_of_one_second_is_a_window() public {
        Policy memory policy = policyOf(address(judge), 2);
        policy.window = 1;
        Terms memory short = terms();
        (short.salt, short.policyId) = ("short", gateway.registerPolicy(policy));
        assertEq(gateway.policyOf(short.policyId).window, 1);
        bytes32 shortId = open(short);
        deliver(answer(short));
        assertEq(uint8(stateOf(shortId)), uint8(RequestState.Pending));
        assertEq(credit(relayer), 0);
    }

    function test_a_pending_result_takes_no_second_one_and_no_refund() public {
        deliver(item);
        uint256 word = gateway.stateOf(id);
        deliver(item);
        assertEq(gateway.stateOf(id), word);
        vm.warp(it.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotOpen.selector, id, RequestState.Pending));
        gateway.expire(it);
    }

    function test_finalize_takes_only_what_is_pending() public {
        deliver(item);
        vm.warp(finalAt + 1);
        Result memory other = resultOf(item, 5, 2);
        other.relayer = address(this);
        expectMismatch(other);
        other = resultOf(item, 6, 2);
        expectMismatch(other);
        other = resultOf(item, 5, 1);
        expectMismatch(other);
        other = resultOf(item, 5, 2);
        other.payees[1] = address(this);
        expectMismatch(other);
        Result memory result = resultOf(item, 5, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceGateway.OutputHashMismatch.selector, keccak256(OUTPUT), keccak256("no"))
        );
        gateway.finalize(it, result, "no", "");
    }

    function test_declined_results_need_no_window() public {
        deliver(answer(it, 2, "", 2));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Declined));
        assertEq(credit(refundee), TOTAL + 5);
    }

    function test_the_verifier_overturns_and_the_requester_is_refunded_in_full() public {
        deliver(item);
        Result memory result = resultOf(item, 5, 2);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultOverturned(id, refundee, TOTAL + 5);
        judge.overturn(it, result, "");
        assertEq(uint8(stateOf(id)), uint8(RequestState.Declined));
        assertEq(credit(refundee), TOTAL + 5);
        assertEq(credit(relayer) + credit(payeeAt(0)) + credit(treasury), 0);
        assertEq(consumer.received(), abi.encode(id, asker, bytes(""), uint8(4), bytes(""), true));
        vm.warp(finalAt + 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.ResultMismatch.selector, id));
        gateway.finalize(it, result, OUTPUT, "");
    }

    /// @dev Or the verifier could have a top-up refunded that nobody has paid.
    function test_only_the_pending_result_itself_is_overturned() public {
        deliver(item);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.ResultMismatch.selector, id));
        judge.overturn(it, resultOf(item, 6, 2), "");
        assertEq(credit(refundee), 0);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Pending));
    }

    function test_a_dispute_nobody_rules_on_refunds_the_requester() public {
        deliver(item);
        vm.warp(finalAt);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultDisputed(id, finalAt + WINDOW);
        judge.dispute(it);
        assertEq(gateway.stateOf(id) & DISPUTED, DISPUTED);
        Result memory result = resultOf(item, 5, 2);
        vm.warp(finalAt + WINDOW);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceGateway.NotFinalYet.selector, id, finalAt + WINDOW, uint40(block.timestamp)
            )
        );
        gateway.finalize(it, result, OUTPUT, "");
        vm.warp(finalAt + WINDOW + 1);
        gateway.finalize(it, result, OUTPUT, "");
        assertEq(credit(refundee), TOTAL + 5);
        assertEq(credit(relayer), 0);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Declined));
    }

    function test_a_failed_callback_is_no_dispute() public {
        (Terms memory failing, Result memory result, bytes32 failingId) = pendingWithFailedCallback();
        assertEq(gateway.stateOf(failingId) >> 8 & 0xff, 1);
        vm.warp(finalAt + 1);
        gateway.finalize(failing, result, OUTPUT, "");
        assertEq(credit(relayer), RELAY_FEE);
        assertEq(credit(refundee), 0);
    }

    function test_a_failed_callback_stays_failed_through_dispute_and_ruling() public {
        (Terms memory failing, Result memory result, bytes32 failingId) = pendingWithFailedCallback();
        judge.dispute(failing);
        assertEq(gateway.stateOf(failingId) >> 8 & 0xff, 4 | 1);
        judge.uphold(failing);
        assertEq(gateway.stateOf(failingId) >> 8 & 0xff, 8 | 1);
        vm.etch(failing.consumer, address(consumer).code);
        gateway.retryCallback(failing, result, OUTPUT, "");
        assertEq(gateway.stateOf(failingId) >> 8 & 0xff, 8);
    }

    function test_an_upheld_result_is_paid_after_the_second_window() public {
        deliver(item);
        judge.dispute(it);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.AlreadyDisputed.selector, id));
        judge.dispute(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultUpheld(id);
        judge.uphold(it);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotDisputed.selector, id));
        judge.uphold(it);
        vm.warp(finalAt + WINDOW + 1);
        gateway.finalize(it, resultOf(item, 5, 2), OUTPUT, "");
        assertEq(credit(relayer), RELAY_FEE + 5);
    }

    /// @dev Were there another, disputing and upholding in turn would hold the fees for ever: neither final nor refunded.
    function test_a_dispute_comes_once_so_that_two_windows_end_everything() public {
        deliver(item);
        judge.dispute(it);
        judge.uphold(it);
        assertEq(gateway.stateOf(id) >> 8 & 0xff, 8, "upheld");
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.AlreadyDisputed.selector, id));
        judge.dispute(it);
        vm.warp(finalAt + 1);
        gateway.finalize(it, resultOf(item, 5, 2), OUTPUT, "");
        assertEq(credit(relayer), RELAY_FEE + 5);
        assertEq(gateway.stateOf(id) >> 8 & 0xff, 0, "a final result has no window");
    }

    function test_only_the_policys_verifier_rules_and_only_in_time() public {
        deliver(item);
        Result memory result = resultOf(item, 5, 2);
        bytes memory refusal =
            abi.encodeWithSelector(IInferenceGateway.NotVerifier.selector, address(judge), address(this));
        vm.expectRevert(refusal);
        gateway.dispute(it);
        vm.expectRevert(refusal);
        gateway.uphold(it);
        vm.expectRevert(refusal);
        gateway.overturn(it, result, "");
        vm.warp(finalAt + 1);
        refusal = abi.encodeWithSelector(IInferenceGateway.WindowPassed.selector, id, finalAt, finalAt + 1);
        vm.expectRevert(refusal);
        judge.dispute(it);
        vm.expectRevert(refusal);
        judge.overturn(it, result, "");
        gateway.finalize(it, result, OUTPUT, "");
    }

    function test_a_verifier_without_a_window_has_no_say() public {
        Terms memory plain = terms();
        plain.salt = "plain";
        bytes32 plainId = open(plain);
        vm.startPrank(address(verifier));
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotPending.selector, plainId, RequestState.Open));
        gateway.dispute(plain);
    }

    function test_an_output_by_hash_is_revealed_before_and_after_it_is_final() public {
        Terms memory hashed = terms();
        (hashed.salt, hashed.outputMode, hashed.policyId) = ("hashed", 1, it.policyId);
        bytes32 hashedId = open(hashed);
        Item memory short = answer(hashed);
        short.output = "";
        deliver(short);
        Result memory result = resultOf(short, 0, 2);
        gateway.reveal(hashed, result, OUTPUT, "");
        assertEq(consumer.received(), abi.encode(hashedId, asker, bytes(""), uint8(1), OUTPUT, false));
        vm.warp(finalAt + 1);
        gateway.finalize(hashed, result, "", "");
        assertEq(credit(relayer), RELAY_FEE);
        gateway.reveal(hashed, result, OUTPUT, "");
        assertEq(consumer.received(), abi.encode(hashedId, asker, bytes(""), uint8(1), OUTPUT, true));
    }

    function test_finalising_goes_on_while_paused() public {
        deliver(item);
        vm.prank(owner);
        gateway.pause();
        vm.warp(finalAt + 1);
        gateway.finalize(it, resultOf(item, 5, 2), OUTPUT, "");
        assertEq(credit(relayer), RELAY_FEE + 5);
    }

    function pendingWithFailedCallback()
        private
        returns (Terms memory failing, Result memory result, bytes32 failingId)
    {
        failing = terms();
        (failing.salt, failing.policyId, failing.consumer) = ("failing", it.policyId, makeAddr("later"));
        failingId = open(failing);
        deliver(answer(failing));
        result = resultOf(answer(failing), 0, 2);
    }

    function expectMismatch(Result memory result) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.ResultMismatch.selector, id));
        gateway.finalize(it, result, OUTPUT, "");
    }
}
