// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

/// @notice The native protocol fee, which waits beside its recipient's name before it is an ordinary credit.
contract ProtocolFeesTest is GatewayTest {
    address private successor = makeAddr("successor");
    uint256 private salt;

    function test_fees_add_up_and_are_claimed_at_once() public {
        settle(PROTOCOL_FEE);
        settle(PROTOCOL_FEE);
        assertEq(credit(treasury), 2 * uint256(PROTOCOL_FEE));
        vm.prank(treasury);
        assertEq(gateway.claim(address(0), treasury), 2 * uint256(PROTOCOL_FEE));
        assertEq(treasury.balance, 2 * uint256(PROTOCOL_FEE));
        assertEq(credit(treasury), 0);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToClaim.selector, address(0), treasury));
        gateway.claimFor(address(0), treasury);
    }

    function test_a_new_recipient_gets_only_what_comes_after() public {
        settle(PROTOCOL_FEE);
        setRecipient(successor);
        assertEq(credit(treasury), PROTOCOL_FEE);
        assertEq(credit(successor), 0);
        settle(PROTOCOL_FEE);
        settle(PROTOCOL_FEE);
        assertEq(credit(treasury), PROTOCOL_FEE);
        assertEq(credit(successor), 2 * uint256(PROTOCOL_FEE));
        assertEq(gateway.claimFor(address(0), treasury), PROTOCOL_FEE);
        assertEq(gateway.claimFor(address(0), successor), 2 * uint256(PROTOCOL_FEE));
        assertEq(treasury.balance + successor.balance, 3 * uint256(PROTOCOL_FEE));
    }

    function test_a_single_unit_stays_with_who_earned_it() public {
        settle(1);
        setRecipient(successor);
        assertEq(credit(treasury), 1);
        assertEq(credit(successor), 0);
    }

    function test_a_recipient_that_comes_back_loses_and_gains_nothing() public {
        settle(PROTOCOL_FEE);
        setRecipient(successor);
        setRecipient(treasury);
        setRecipient(treasury);
        assertEq(credit(treasury), PROTOCOL_FEE);
        settle(PROTOCOL_FEE);
        assertEq(credit(treasury), 2 * uint256(PROTOCOL_FEE));
        assertEq(gateway.claimFor(address(0), treasury), 2 * uint256(PROTOCOL_FEE));
    }

    function test_a_recipient_that_is_relayer_too_claims_both() public {
        setRecipient(relayer);
        settle(PROTOCOL_FEE);
        assertEq(credit(relayer), uint256(PROTOCOL_FEE) + RELAY_FEE);
        assertEq(gateway.claimFor(address(0), relayer), uint256(PROTOCOL_FEE) + RELAY_FEE);
        assertEq(credit(relayer), 0);
    }

    function test_pausing_keeps_what_was_earned() public {
        settle(PROTOCOL_FEE);
        vm.startPrank(owner);
        gateway.pause();
        assertEq(credit(treasury), PROTOCOL_FEE);
        assertTrue(gateway.isPaused());
        gateway.claimFor(address(0), treasury);
        assertTrue(gateway.isPaused(), "paused by another bit of the same slot");
        gateway.unpause();
        assertEq(gateway.protocolFeeRecipient(), treasury);
    }

    /// @dev What waits has 88 bits; fees have 96.
    function testFuzz_no_amount_is_too_large(uint96 first, uint96 second, uint96 third) public {
        settle(first);
        settle(second);
        settle(third);
        uint256 sum = uint256(first) + second + third;
        assertEq(credit(treasury), sum);
        if (sum == 0) return;
        assertEq(gateway.claimFor(address(0), treasury), sum);
        assertEq(treasury.balance, sum);
    }

    function test_the_edge_of_what_waits() public {
        settle(type(uint88).max);
        assertEq(credit(treasury), type(uint88).max);
        settle(1);
        assertEq(credit(treasury), uint256(type(uint88).max) + 1);
        assertTrue(!gateway.isPaused());
        assertEq(gateway.protocolFeeRecipient(), treasury);
    }

    function settle(uint96 fee) private {
        vm.prank(owner);
        gateway.setProtocolFee(fee);
        Terms memory it = terms();
        it.salt = bytes32(++salt);
        it.callbackGasLimit = 0;
        deal(asker, total(it));
        open(it);
        deliver(answer(it));
    }

    function setRecipient(address recipient) private {
        vm.prank(owner);
        gateway.setProtocolFeeRecipient(recipient);
    }
}
