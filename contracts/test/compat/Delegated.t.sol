// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInfernetCoordinator} from "../../src/compat/interfaces/IInfernetCoordinator.sol";
import {Subscription} from "../../src/compat/types/Subscription.sol";
import {WatchesModel} from "./support/InfernetConsumers.sol";
import {InfernetTest} from "./support/InfernetTest.sol";

/// @notice Subscriptions created by the signature of their owner's signer.
contract DelegatedCompatTest is InfernetTest {
    uint256 private constant SECRET = 0x5167;
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    WatchesModel private dapp;
    uint32 private expiry;

    function setUp() public override {
        super.setUp();
        dapp = new WatchesModel(address(coordinator), vm.addr(SECRET));
        approve(address(dapp));
        expiry = uint32(block.timestamp) + 100;
    }

    function test_anyone_brings_a_signed_subscription_and_it_is_answered() public {
        vm.expectEmit(address(coordinator));
        emit IInfernetCoordinator.SubscriptionCreated(1);
        uint32 id = create(7, sub());
        assertEq(keccak256(abi.encode(coordinator.getSubscription(id))), keccak256(abi.encode(sub())), "as signed");
        assertEq(coordinator.delegateCreatedIds(keccak256(abi.encode(address(dapp), uint32(7)))), id);
        assertEq(coordinator.maxSubscriberNonce(address(dapp)), 7);
        poke(id, 1, 0);
        deliver(answerTo("signed"));
        assertEq(dapp.text(), "signed");
    }

    function test_a_used_nonce_finds_its_subscription_whatever_else_is_said() public {
        uint32 id = create(7, sub());
        vm.warp(expiry + 1);
        Subscription memory other = sub();
        other.frequency = 99;
        assertEq(coordinator.createSubscriptionDelegatee(7, 0, other, 0, 0, 0), id);
        assertEq(coordinator.getSubscription(id).frequency, 3);
        assertEq(coordinator.id(), id + 1);
    }

    function test_nonces_come_in_any_order() public {
        assertEq(create(7, sub()), 1);
        assertEq(create(0, sub()), 2);
        assertEq(create(3, sub()), 3);
        assertEq(coordinator.maxSubscriberNonce(address(dapp)), 7);
    }

    function test_refuses_late_foreign_and_broken_signatures() public {
        (uint8 v, bytes32 r, bytes32 s) = sign(1, sub(), SECRET);
        vm.expectRevert(IInfernetCoordinator.InvalidSignature.selector);
        coordinator.createSubscriptionDelegatee(1, expiry, sub(), 29, r, s);
        vm.expectRevert(IInfernetCoordinator.InvalidSignature.selector);
        coordinator.createSubscriptionDelegatee(1, expiry, sub(), v ^ 7, r, bytes32(ORDER - uint256(s)));
        vm.expectRevert(IInfernetCoordinator.SignerMismatch.selector);
        coordinator.createSubscriptionDelegatee(2, expiry, sub(), v, r, s);
        Subscription memory other = sub();
        other.wallet = address(0);
        vm.expectRevert(IInfernetCoordinator.SignerMismatch.selector);
        coordinator.createSubscriptionDelegatee(1, expiry, other, v, r, s);
        dapp.rotate(keeper);
        vm.expectRevert(IInfernetCoordinator.SignerMismatch.selector);
        coordinator.createSubscriptionDelegatee(1, expiry, sub(), v, r, s);
        vm.warp(expiry);
        vm.expectRevert(IInfernetCoordinator.SignatureExpired.selector);
        coordinator.createSubscriptionDelegatee(1, expiry, sub(), v, r, s);
    }

    function test_what_is_signed_is_checked_as_what_is_called() public {
        Subscription memory it = sub();
        it.redundancy = 3;
        (uint8 v, bytes32 r, bytes32 s) = sign(1, it, SECRET);
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.NoRoute.selector, LLM, 3));
        coordinator.createSubscriptionDelegatee(1, expiry, it, v, r, s);
    }

    function test_an_owner_without_a_signer_has_no_delegated_subscriptions() public {
        Subscription memory it = sub();
        it.owner = address(consumer);
        (uint8 v, bytes32 r, bytes32 s) = sign(1, it, SECRET);
        vm.expectRevert();
        coordinator.createSubscriptionDelegatee(1, expiry, it, v, r, s);
    }

    function test_the_owner_cancels_and_the_nonce_stays_used() public {
        uint32 id = create(1, sub());
        dapp.stop(id);
        assertEq(create(1, sub()), id);
        vm.expectRevert(IInfernetCoordinator.SubscriptionNotActive.selector);
        coordinator.poke(id, 1);
    }

    /// @dev The documented vector: digest and domain of Infernet's own coordinator on its development chain.
    function test_the_digest_is_infernets() public {
        vm.chainId(31337);
        vm.warp(1_800_000_000);
        address place = 0x2E983A1Ba5e8b38AAAeC4B440B9dDcFBf72E15d1;
        deployCodeTo(COORDINATOR, abi.encode(gateway, router), place);
        vm.prank(router);
        IInfernetCoordinator(place).addRoute("hello-world", route());
        Subscription memory it;
        it.owner = 0x1111111111111111111111111111111111111111;
        (it.activeAt, it.period, it.frequency, it.redundancy, it.lazy) = (1_700_000_000, 60, 3, 2, true);
        it.containerId = 0x5768661526084c7b4d30f7224ed6c74ade98db3c6c395c55400a17f34a547e22;
        vm.mockCall(it.owner, abi.encodeWithSignature("getSigner()"), abi.encode(vm.addr(SECRET)));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(SECRET, 0x01624619ea7afe1a9ffbdf8c8c1f5d72eb91860546710834ce329d7168d484cf);
        assertEq(IInfernetCoordinator(place).createSubscriptionDelegatee(7, 1_893_456_000, it, v, r, s), 1);
    }

    function testFuzz_no_other_key_signs(uint256 secret) public {
        secret = bound(secret, 1, ORDER - 1);
        vm.assume(vm.addr(secret) != vm.addr(SECRET));
        (uint8 v, bytes32 r, bytes32 s) = sign(1, sub(), secret);
        vm.expectRevert(IInfernetCoordinator.SignerMismatch.selector);
        coordinator.createSubscriptionDelegatee(1, expiry, sub(), v, r, s);
    }

    function create(uint32 nonce, Subscription memory it) private returns (uint32) {
        (uint8 v, bytes32 r, bytes32 s) = sign(nonce, it, SECRET);
        vm.prank(keeper);
        return coordinator.createSubscriptionDelegatee(nonce, expiry, it, v, r, s);
    }

    function sub() private view returns (Subscription memory it) {
        it.owner = address(dapp);
        (it.activeAt, it.period, it.frequency, it.redundancy) = (uint32(block.timestamp / 1_000 * 1_000), 3_600, 3, 2);
        it.containerId = LLM;
        (it.paymentAmount, it.wallet) = (OFFER / 2, address(wallet));
    }

    function sign(
        uint32 nonce,
        Subscription memory it,
        uint256 secret
    )
        private
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        string memory subType = "Subscription(address owner,uint32 activeAt,uint32 period,uint32 frequency,"
            "uint16 redundancy,bytes32 containerId,bool lazy,address verifier,uint256 paymentAmount,"
            "address paymentToken,address wallet)";
        bytes32 delegateType =
            keccak256(abi.encodePacked("DelegateSubscription(uint32 nonce,uint32 expiry,Subscription sub)", subType));
        bytes32 subHash = keccak256(abi.encode(keccak256(bytes(subType)), it));
        bytes32 structHash = keccak256(abi.encode(delegateType, nonce, expiry, subHash));
        bytes32 domain = keccak256(
            abi.encode(
                0x8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f,
                keccak256("InfernetCoordinator"),
                keccak256("1"),
                block.chainid,
                address(coordinator)
            )
        );
        (v, r, s) = vm.sign(secret, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        assertLe(uint256(s), HALF_ORDER);
    }
}
