// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

contract ExpireTest is GatewayTest {
    function test_anyone_refunds_in_full_after_closing() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        vm.warp(it.deadline + 1);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.RequestExpired(id, refundee, TOTAL);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.Credited(address(0), refundee, TOTAL);
        vm.prank(makeAddr("anyone"));
        gateway.expire(it);
        assertEq(gateway.stateOf(id), uint8(RequestState.Expired));
        assertEq(credit(refundee), TOTAL);
        assertEq(consumer.calls(), 0);
    }

    function test_the_refund_is_what_was_paid_whatever_the_fee_is_now() public {
        Terms memory it = terms();
        open(it);
        vm.startPrank(owner);
        gateway.setProtocolFee(77 ether);
        gateway.setProtocolFeeRecipient(makeAddr("another treasury"));
        vm.stopPrank();
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        assertEq(credit(refundee), TOTAL);
    }

    function test_a_free_request_expires_too() public {
        vm.prank(owner);
        gateway.setProtocolFee(0);
        Terms memory it = terms();
        (it.workerFee, it.relayFee) = (0, 0);
        bytes32 id = open(it);
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Expired));
    }

    function test_a_single_unit_is_refunded_and_claimed() public {
        vm.prank(owner);
        gateway.setProtocolFee(0);
        Terms memory it = terms();
        (it.workerFee, it.relayFee) = (0, 1);
        open(it);
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        assertEq(gateway.claimFor(address(0), refundee), 1);
        assertEq(refundee.balance, 1);
    }

    function test_refuses_until_the_closing_second_has_passed() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        vm.warp(it.deadline);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceGateway.NotClosed.selector, id, it.deadline, uint40(block.timestamp))
        );
        gateway.expire(it);
    }

    function test_refuses_what_is_not_open() public {
        Terms memory it = terms();
        bytes32 id = gateway.idOf(it);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotOpen.selector, id, RequestState.None));
        gateway.expire(it);

        open(it);
        deliver(answer(it));
        vm.warp(it.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotOpen.selector, id, RequestState.Delivered));
        gateway.expire(it);
    }

    function test_refuses_a_second_refund() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotOpen.selector, id, RequestState.Expired));
        gateway.expire(it);
        assertEq(credit(refundee), TOTAL);
    }

    /// @dev At every moment exactly one of the two ways is open.
    function testFuzz_pay_and_refund_exclude_each_other(uint40 moment) public {
        Terms memory it = terms();
        bytes32 id = open(it);
        Item memory item = answer(it);
        moment = uint40(bound(moment, block.timestamp, it.deadline + 7 days));
        vm.warp(moment);
        bool open_ = moment <= it.deadline;
        if (open_) {
            vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotClosed.selector, id, it.deadline, moment));
            gateway.expire(it);
            deliver(item);
        } else {
            expectRejected(item, id, Rejection.Late, "");
            gateway.expire(it);
        }
        assertEq(credit(relayer), open_ ? RELAY_FEE : 0);
        assertEq(credit(refundee), open_ ? 0 : TOTAL);
    }
}
