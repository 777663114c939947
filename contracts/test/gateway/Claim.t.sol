// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

/// @notice Claims its credit again from inside the payment.
contract ReentrantClaimer {
    IInferenceGateway private immutable _GATEWAY;
    bytes4 public secondError;

    constructor(IInferenceGateway gateway) {
        _GATEWAY = gateway;
    }

    receive() external payable {
        try _GATEWAY.claim(address(0), address(this)) {}
        catch (bytes memory reason) {
            secondError = bytes4(reason);
        }
    }

    function claim() external {
        _GATEWAY.claim(address(0), address(this));
    }
}

contract ClaimTest is GatewayTest {
    function test_anyone_pays_an_account_its_own_credit() public {
        settle(relayer);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.Claimed(address(0), relayer, relayer, RELAY_FEE);
        vm.prank(makeAddr("anyone"));
        assertEq(gateway.claimFor(address(0), relayer), RELAY_FEE);
        assertEq(relayer.balance, RELAY_FEE);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToClaim.selector, address(0), relayer));
        gateway.claimFor(address(0), relayer);
    }

    function test_pays_the_whole_credit_to_whom_the_caller_names() public {
        settle(relayer);
        address to = makeAddr("cold wallet");
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.Claimed(address(0), relayer, to, RELAY_FEE);
        vm.prank(relayer);
        uint256 amount = gateway.claim(address(0), to);
        assertEq(amount, RELAY_FEE);
        assertEq(to.balance, RELAY_FEE);
        assertEq(credit(relayer), 0);
        assertEq(address(gateway).balance, TOTAL - RELAY_FEE);
    }

    function test_refuses_a_second_time() public {
        settle(relayer);
        vm.startPrank(relayer);
        gateway.claim(address(0), relayer);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToClaim.selector, address(0), relayer));
        gateway.claim(address(0), relayer);
    }

    function test_refuses_another_token() public {
        settle(relayer);
        vm.prank(relayer);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToClaim.selector, address(1), relayer));
        gateway.claim(address(1), relayer);
    }

    function test_refuses_to_pay_nobody() public {
        settle(relayer);
        vm.prank(relayer);
        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        gateway.claim(address(0), address(0));
    }

    function test_a_recipient_that_does_not_take_it_leaves_the_credit() public {
        settle(relayer);
        vm.prank(relayer);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.PaymentFailed.selector, address(sets), RELAY_FEE));
        gateway.claim(address(0), address(sets));
        assertEq(credit(relayer), RELAY_FEE);
    }

    function test_reentering_is_paid_once() public {
        ReentrantClaimer claimer = new ReentrantClaimer(gateway);
        settle(address(claimer));
        open(terms());
        claimer.claim();
        assertEq(claimer.secondError(), IInferenceGateway.NothingToClaim.selector);
        assertEq(address(claimer).balance, RELAY_FEE);
    }

    function settle(address relayer_) private {
        relayer = relayer_;
        Terms memory it = terms();
        it.salt = keccak256("settled");
        open(it);
        deliver(answer(it));
    }
}
