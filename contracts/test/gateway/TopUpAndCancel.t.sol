// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {NewerVm} from "../support/NewerVm.sol";

contract TopUpAndCancelTest is GatewayTest {
    Terms private it;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        it = terms();
        it.deadline = uint40(block.timestamp) + 1 days;
        id = open(it);
        deal(address(this), 100 ether);
    }

    function test_top_ups_add_up_and_pay_the_relayer() public {
        gateway.topUp{value: 2}(it, 2);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.RequestToppedUp(id, address(this), 3, 5);
        gateway.topUp{value: 3}(it, 3);
        assertEq(gateway.stateOf(id), uint256(1) | uint256(it.deadline) << 16 | uint256(5) << 56);
        deliver(answer(it));
        assertEq(credit(relayer), RELAY_FEE + 5);
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)), WORKER_FEE);
    }

    function testFuzz_top_ups_are_refunded_with_the_rest(uint96 amount, bool declined) public {
        amount = uint96(bound(amount, 1, 50 ether));
        gateway.topUp{value: amount}(it, amount);
        if (declined) {
            deliver(answer(it, 2, "", 2));
        } else {
            vm.warp(it.deadline + 1);
            gateway.expire(it);
        }
        assertEq(credit(refundee), TOTAL + amount);
        assertEq(address(gateway).balance, TOTAL + amount);
    }

    function test_top_up_takes_exactly_its_amount() public {
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, 5, 4));
        gateway.topUp{value: 4}(it, 5);
        vm.expectRevert(IInferenceGateway.ZeroAmount.selector);
        gateway.topUp(it, 0);
    }

    function test_top_up_never_overflows_its_96_bits() public {
        deal(address(this), type(uint128).max);
        gateway.topUp{value: type(uint96).max}(it, type(uint96).max);
        vm.expectRevert();
        gateway.topUp{value: 1}(it, 1);
    }

    function test_nothing_is_added_to_what_is_closed_or_settled_or_unknown() public {
        Terms memory unknown = terms();
        unknown.salt = "unknown";
        bytes memory refusal =
            abi.encodeWithSelector(IInferenceGateway.NotOpen.selector, gateway.idOf(unknown), RequestState.None);
        vm.expectRevert(refusal);
        gateway.topUp{value: 1}(unknown, 1);
        vm.warp(it.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.Closed.selector, id, it.deadline));
        gateway.topUp{value: 1}(it, 1);
        gateway.expire(it);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotOpen.selector, id, RequestState.Expired));
        gateway.topUp{value: 1}(it, 1);
    }

    function test_cancel_brings_the_closing_forward_and_leaves_the_rest() public {
        gateway.topUp{value: 9}(it, 9);
        uint40 closeAt = uint40(block.timestamp) + gateway.CANCEL_GRACE();
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.RequestCancelled(id, closeAt);
        vm.prank(asker);
        gateway.cancel(it);
        assertEq(gateway.stateOf(id), uint256(1) | uint256(closeAt) << 16 | uint256(9) << 56);
        vm.warp(closeAt + 1);
        gateway.expire(it);
        assertEq(credit(refundee), TOTAL + 9);
    }

    function testFuzz_cancel_never_extends(uint40 moment) public {
        moment = uint40(bound(moment, block.timestamp, it.deadline + 1 hours));
        vm.warp(moment);
        vm.prank(asker);
        if (moment + 1 hours >= it.deadline) {
            vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.AlreadyClosing.selector, id, it.deadline));
            gateway.cancel(it);
        } else {
            gateway.cancel(it);
            assertEq(uint40(gateway.stateOf(id) >> 16), moment + 1 hours);
            vm.warp(moment + 1);
            vm.prank(asker);
            vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.AlreadyClosing.selector, id, moment + 1 hours));
            gateway.cancel(it);
        }
    }

    function test_cancel_is_refused_where_it_would_change_nothing() public {
        vm.warp(it.deadline - 1 hours);
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.AlreadyClosing.selector, id, it.deadline));
        gateway.cancel(it);
        vm.warp(it.deadline - 1 hours - 1);
        vm.prank(asker);
        gateway.cancel(it);
        assertEq(gateway.stateOf(id), uint256(1) | uint256(it.deadline - 1) << 16, "one second earlier it does");
    }

    function test_attack_cancel_after_learning_the_output() public {
        Item memory item = answer(it);
        vm.prank(asker);
        gateway.cancel(it);
        vm.warp(block.timestamp + gateway.CANCEL_GRACE());
        NewerVm(address(vm)).expectPartialRevert(IInferenceGateway.NotClosed.selector);
        gateway.expire(it);
        deliver(item);
        assertEq(credit(relayer), RELAY_FEE, "the work is paid");
        assertEq(credit(refundee), 0);
    }

    function test_attack_delivery_and_expiry_in_the_same_block() public {
        Item memory item = answer(it);
        vm.prank(asker);
        gateway.cancel(it);
        uint256 closeAt = block.timestamp + 1 hours;
        uint256 before = vm.snapshot();
        vm.warp(closeAt);
        deliver(item);
        NewerVm(address(vm)).expectPartialRevert(IInferenceGateway.NotOpen.selector);
        gateway.expire(it);
        vm.revertTo(before);
        vm.warp(closeAt + 1);
        gateway.expire(it);
        expectRejected(item, id, Rejection.AlreadySettled, "");
        assertEq(credit(refundee), TOTAL);
    }

    function test_only_the_requester_cancels_and_only_what_is_open() public {
        vm.prank(refundee);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotRequester.selector, asker, refundee));
        gateway.cancel(it);
        deliver(answer(it));
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotOpen.selector, id, RequestState.Delivered));
        gateway.cancel(it);
    }
}
