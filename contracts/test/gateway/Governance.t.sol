// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

contract GovernanceTest is GatewayTest {
    function test_nothing_of_the_constructor_may_be_zero() public {
        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        deployGateway(address(0), ism, owner, treasury);
        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        deployGateway(address(mailbox), address(0), owner, treasury);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableInvalidOwner.selector, address(0)));
        deployGateway(address(mailbox), ism, address(0), treasury);
        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        deployGateway(address(mailbox), ism, owner, address(0));
    }

    function test_starts_without_hubs_and_without_a_fee() public {
        gateway = deployGateway(address(mailbox), ism, owner, treasury);
        assertFalse(gateway.isHub(HUB_DOMAIN, HUB));
        assertFalse(gateway.isHub(0, bytes32(0)));
        assertEq(gateway.protocolFee(), 0);
        assertEq(gateway.protocolFeeRecipient(), treasury);
        assertEq(gateway.owner(), owner);
        assertEq(gateway.policyCount(), 0);
    }

    function test_the_owner_enrols_and_revokes_hubs() public {
        vm.startPrank(owner);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.HubSet(7, HUB, true);
        gateway.setHub(7, HUB, true);
        assertTrue(gateway.isHub(7, HUB));
        gateway.setHub(7, HUB, false);
        assertFalse(gateway.isHub(7, HUB));
    }

    function test_zero_is_never_a_hub() public {
        vm.prank(owner);
        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        gateway.setHub(HUB_DOMAIN, bytes32(0), true);
    }

    function test_the_owner_sets_the_protocol_fee_and_its_recipient() public {
        vm.startPrank(owner);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ProtocolFeeSet(5);
        gateway.setProtocolFee(5);
        assertEq(gateway.protocolFee(), 5);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ProtocolFeeRecipientSet(asker);
        gateway.setProtocolFeeRecipient(asker);
        assertEq(gateway.protocolFeeRecipient(), asker);
        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        gateway.setProtocolFeeRecipient(address(0));
    }

    function test_the_owner_lists_and_delists_tokens() public {
        address token = makeAddr("token");
        vm.startPrank(owner);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.FeeTokenSet(token, true, 5);
        gateway.setFeeToken(token, true, 5);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.FeeTokenSet(token, false, 0);
        gateway.setFeeToken(token, false, 0);
        (bool accepted, uint96 fee) = gateway.feeTokenOf(token);
        assertFalse(accepted);
        assertEq(fee, 0);
    }

    function test_the_owner_names_and_removes_the_guardian() public {
        vm.startPrank(owner);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.GuardianSet(asker);
        gateway.setGuardian(asker);
        assertEq(gateway.guardian(), asker);
        gateway.setGuardian(address(0));
        vm.stopPrank();
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotGuardian.selector, asker));
        gateway.pause();
    }

    function test_setting_the_fee_leaves_the_sequence_alone() public {
        open(terms());
        vm.prank(owner);
        gateway.setProtocolFee(type(uint96).max);
        assertEq(gateway.requestCount(), 1);
    }

    function test_nobody_else_may() public {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, asker);
        vm.startPrank(asker);
        vm.expectRevert(refusal);
        gateway.setHub(7, HUB, true);
        vm.expectRevert(refusal);
        gateway.setProtocolFee(5);
        vm.expectRevert(refusal);
        gateway.setProtocolFeeRecipient(asker);
    }

    function test_ownership_moves_in_two_steps() public {
        vm.prank(owner);
        gateway.transferOwnership(asker);
        assertEq(gateway.owner(), owner);
        vm.prank(asker);
        gateway.acceptOwnership();
        assertEq(gateway.owner(), asker);
    }
}
