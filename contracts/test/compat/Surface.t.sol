// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IDelegator} from "../../src/compat/interfaces/IDelegator.sol";
import {IInfernetConsumer} from "../../src/compat/interfaces/IInfernetConsumer.sol";
import {IInfernetCoordinator} from "../../src/compat/interfaces/IInfernetCoordinator.sol";
import {IInfernetInbox} from "../../src/compat/interfaces/IInfernetInbox.sol";
import {IInfernetWallet} from "../../src/compat/interfaces/IInfernetWallet.sol";
import {IInfernetWalletFactory} from "../../src/compat/interfaces/IInfernetWalletFactory.sol";
import {Route} from "../../src/compat/types/Route.sol";
import {Subscription} from "../../src/compat/types/Subscription.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {InfernetTest} from "./support/InfernetTest.sol";

/// @notice Names and numbers of Infernet's interface, its registry, what is refused, and routes.
contract SurfaceCompatTest is InfernetTest {
    function test_functions_are_infernets() public pure {
        assertEq(IInfernetCoordinator.createSubscription.selector, bytes4(0x84050893));
        assertEq(IInfernetCoordinator.cancelSubscription.selector, bytes4(0x31e451a9));
        assertEq(IInfernetCoordinator.getSubscription.selector, bytes4(0xa17b920b));
        assertEq(IInfernetCoordinator.getSubscriptionInterval.selector, bytes4(0x836a6cc9));
        assertEq(IInfernetCoordinator.deliverCompute.selector, bytes4(0xc509543d));
        assertEq(IInfernetCoordinator.finalizeProofVerification.selector, bytes4(0x196ab123));
        assertEq(IInfernetCoordinator.createSubscriptionDelegatee.selector, bytes4(0x9c092514));
        assertEq(IInfernetCoordinator.deliverComputeDelegatee.selector, bytes4(0x9fff314a));
        assertEq(IInfernetCoordinator.id.selector, bytes4(0xaf640d0f));
        assertEq(IInfernetCoordinator.nodeResponded.selector, bytes4(0x298f7bdc));
        assertEq(IInfernetCoordinator.redundancyCount.selector, bytes4(0xbc85694f));
        assertEq(IInfernetCoordinator.proofRequests.selector, bytes4(0xc34cf5c7));
        assertEq(IInfernetCoordinator.maxSubscriberNonce.selector, bytes4(0x7fb61b27));
        assertEq(IInfernetCoordinator.delegateCreatedIds.selector, bytes4(0x60ed0f61));
        assertEq(IInfernetCoordinator.EIP712_NAME.selector, bytes4(0x3b2fb7a8));
        assertEq(IInfernetCoordinator.EIP712_VERSION.selector, bytes4(0xeccec5a8));
        assertEq(IInfernetCoordinator.COORDINATOR.selector, bytes4(0x3b2bcbf1));
        assertEq(IInfernetCoordinator.INBOX.selector, bytes4(0xb7010697));
        assertEq(IInfernetCoordinator.READER.selector, bytes4(0x698eec44));
        assertEq(IInfernetCoordinator.FEE.selector, bytes4(0xc57981b5));
        assertEq(IInfernetCoordinator.WALLET_FACTORY.selector, bytes4(0x0e2009f4));
        assertEq(IInfernetCoordinator.readSubscriptionBatch.selector, bytes4(0x3ddc29f5));
        assertEq(IInfernetCoordinator.readRedundancyCountBatch.selector, bytes4(0x757f1c84));
    }

    function test_functions_around_the_coordinator_are_infernets() public pure {
        assertEq(IInfernetConsumer.rawReceiveCompute.selector, bytes4(0x7a411a8d));
        assertEq(IInfernetConsumer.getContainerInputs.selector, bytes4(0x962fad75));
        assertEq(IDelegator.getSigner.selector, bytes4(0x7ac3c02f));
        assertEq(IInfernetInbox.write.selector, bytes4(0x198896dd));
        assertEq(IInfernetInbox.writeViaCoordinator.selector, bytes4(0x76a87949));
        assertEq(IInfernetInbox.read.selector, bytes4(0x586a6094));
        assertEq(IInfernetWallet.withdraw.selector, bytes4(0xf3fef3a3));
        assertEq(IInfernetWallet.approve.selector, bytes4(0xe1f21c67));
        assertEq(IInfernetWallet.allowance.selector, bytes4(0xdd62ed3e));
        assertEq(IInfernetWallet.cTransfer.selector, bytes4(0x0d67cfd9));
        assertEq(IInfernetWalletFactory.createWallet.selector, bytes4(0xb054a9e8));
        assertEq(IInfernetWalletFactory.isValidWallet.selector, bytes4(0x439a3012));
    }

    function test_events_are_infernets() public pure {
        assertEq(
            IInfernetCoordinator.SubscriptionCreated.selector,
            bytes32(0x04344ed7a67fec80c444d56ee1cee242f3f75b91fecc8dbce8890069c82eb48e)
        );
        assertEq(
            IInfernetCoordinator.SubscriptionCancelled.selector,
            bytes32(0xf4126e31c182db4c4109605c6d50470fc7e8ca90d62d44fd25cbe049fb9cac3e)
        );
        assertEq(
            IInfernetCoordinator.SubscriptionFulfilled.selector,
            bytes32(0xc68fb0ae5cea2793405d29014d881bcda18f67122e0bcd7d0a577e118b64e4c8)
        );
        assertEq(
            IInfernetInbox.NewInboxItem.selector,
            bytes32(0xac56b74ea9119b4c4e424d8ed4c3cec0c84d1f6b02200df5a8cd27eb756994d1)
        );
        assertEq(
            IInfernetWalletFactory.WalletCreated.selector,
            bytes32(0xca0b7dde26052d34217ef1a0cee48085a07ca32da0a918609937a307d496bbf5)
        );
        assertEq(
            IInfernetWallet.Withdrawl.selector,
            bytes32(0x65ac0d8bb8cbc0e989ebd02ddc5161d7c499f7c21792e43fcf170314fe6bcc3f)
        );
        assertEq(
            IInfernetWallet.Transfer.selector,
            bytes32(0xd1398bee19313d6bf672ccb116e51f4a1a947e91c757907f51fbb5b5e56c698f)
        );
        assertEq(IInfernetWallet.Approval.selector, keccak256("Approval(address,address,uint256)"));
    }

    function test_errors_are_infernets() public pure {
        assertEq(IInfernetCoordinator.SubscriptionNotFound.selector, bytes4(0x1a00354f));
        assertEq(IInfernetCoordinator.SubscriptionNotActive.selector, bytes4(0xefb74efe));
        assertEq(IInfernetCoordinator.SubscriptionCompleted.selector, bytes4(0xae6704a7));
        assertEq(IInfernetCoordinator.IntervalMismatch.selector, bytes4(0x4db310c3));
        assertEq(IInfernetCoordinator.IntervalCompleted.selector, bytes4(0x2f4ca85b));
        assertEq(IInfernetCoordinator.NotSubscriptionOwner.selector, bytes4(0xa7fba711));
        assertEq(IInfernetCoordinator.InvalidWallet.selector, bytes4(0x23455ba1));
        assertEq(IInfernetCoordinator.SignatureExpired.selector, bytes4(0x0819bdcd));
        assertEq(IInfernetCoordinator.InvalidSignature.selector, bytes4(0x8baa579f));
        assertEq(IInfernetCoordinator.SignerMismatch.selector, bytes4(0x10c74b03));
        assertEq(IInfernetCoordinator.ProofRequestNotFound.selector, bytes4(0x1d68b37c));
        assertEq(IInfernetInbox.NotCoordinator.selector, bytes4(0x9ec853e6));
        assertEq(IInfernetWallet.NotCoordinator.selector, bytes4(0x9ec853e6));
        assertEq(IInfernetWallet.InsufficientFunds.selector, bytes4(0x356680b7));
        assertEq(IInfernetWallet.InsufficientAllowance.selector, bytes4(0x13be252b));
    }

    function test_one_address_leads_to_all() public view {
        assertEq(coordinator.COORDINATOR(), address(coordinator));
        assertEq(coordinator.READER(), address(coordinator));
        assertGt(coordinator.INBOX().code.length, 0);
        assertGt(coordinator.WALLET_FACTORY().code.length, 0);
        assertEq(coordinator.FEE(), address(0));
        assertEq(coordinator.EIP712_NAME(), "InfernetCoordinator");
        assertEq(coordinator.EIP712_VERSION(), "1");
    }

    function test_what_a_gateway_leaves_no_room_for_is_refused_by_name() public {
        vm.expectRevert(IInfernetCoordinator.DeliveredByHerald.selector);
        coordinator.deliverCompute(1, 1, "", "", "", address(0));
        Subscription memory sub;
        vm.expectRevert(IInfernetCoordinator.DeliveredByHerald.selector);
        coordinator.deliverComputeDelegatee(1, 1, sub, 0, 0, 0, 1, "", "", "", address(0));
        vm.expectRevert(IInfernetCoordinator.ProofRequestNotFound.selector);
        coordinator.finalizeProofVerification(1, 1, address(0), true);
        vm.expectRevert(IInfernetCoordinator.NoNodes.selector);
        coordinator.nodeResponded(0);
        (uint32 expiry,,) = coordinator.proofRequests(0);
        assertEq(expiry, 0);
    }

    function test_containers_are_hashed_as_infernet_hashes_them() public {
        vm.startPrank(router);
        vm.expectEmit(address(coordinator));
        emit IInfernetCoordinator.RouteAdded(
            0xed76aa63268e9d816365e0b3c94f7ea57c80b3b404d41ca7a65a492ff9d0526e, 2, "A,B", route()
        );
        coordinator.addRoute("A,B", route());
    }

    function test_a_route_stays_and_only_the_owner_adds_one() public {
        Route memory it = route();
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this)));
        coordinator.addRoute("other", it);
        uint32 single = gateway.registerPolicy(policyOf(address(verifier), 1));
        vm.startPrank(router);
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.RouteExists.selector, LLM, 2));
        coordinator.addRoute("llm", it);
        it.policyId = single;
        coordinator.addRoute("llm", it);
        assertEq(coordinator.routeOf(LLM, 1).policyId, single, "another redundancy is another route");
        assertEq(coordinator.routeOf(LLM, 2).policyId, policyId);
    }

    function test_a_route_every_request_of_which_would_fail_is_refused() public {
        vm.startPrank(router);
        expectInvalid(with(10_001, 1, 600));
        expectInvalid(with(0, 0, 600));
        expectInvalid(with(0, 5_000_001, 600));
        expectInvalid(with(0, 1, 59));
        expectInvalid(with(0, 1, uint32(gateway.MAX_TTL()) + 1));
        Route memory it = route();
        it.policyId = 99;
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownPolicy.selector, 99, gateway.policyCount()));
        coordinator.addRoute("other", it);
    }

    function test_the_inbox_takes_anyones_items_in_his_own_name_only() public {
        vm.prank(keeper);
        assertEq(inbox.write(LLM, "in", "out", "proof"), 0);
        IInfernetInbox.InboxItem memory item = inbox.read(LLM, keeper, 0);
        assertEq(item.subscriptionId, 0, "no answer");
        assertEq(item.output, "out");
        vm.expectRevert();
        inbox.read(LLM, address(coordinator), 0);
        vm.expectRevert(IInfernetInbox.NotCoordinator.selector);
        inbox.writeViaCoordinator(LLM, address(coordinator), 1, 1, "", "", "");
    }

    function with(uint16 bps, uint32 callbackGas, uint32 ttl) private view returns (Route memory it) {
        it = route();
        (it.relayBps, it.callbackGas, it.ttl) = (bps, callbackGas, ttl);
    }

    function expectInvalid(Route memory it) private {
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.InvalidRoute.selector, it));
        coordinator.addRoute("other", it);
    }
}
