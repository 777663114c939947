// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {IResultHub} from "../../src/interfaces/IResultHub.sol";
import {IWorkerSets} from "../../src/interfaces/IWorkerSets.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {LaneTest} from "../support/LaneTest.sol";
import {PlainToken} from "../support/Tokens.sol";
import {ScriptedVerifier} from "../support/Verifiers.sol";

/// @notice Says that it moved what it was asked to, and that anyone has what he is said to have.
contract LyingToken {
    mapping(address account => uint256) public balanceOf;
    bool public frozen;

    function freeze() external {
        frozen = true;
    }

    function transferFrom(address, address to, uint256 amount) external returns (bool) {
        balanceOf[to] += amount;
        return true;
    }

    function transfer(address, uint256) external view returns (bool) {
        return !frozen;
    }
}

/// @notice For TRUST.md: what a party that went bad could do all by itself, and where that ends.
contract PartiesTest is LaneTest {
    Terms private it;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        it = terms();
        id = open(it);
    }

    /// @dev What attestation means: those who vouch are believed. It ends at the requests of their own set, and at the
    /// fees these offered.
    function test_a_whole_set_that_lies_is_believed_for_its_own_requests_only() public {
        uint32 other = otherSetsPolicy();
        Terms memory theirs = terms();
        (theirs.salt, theirs.policyId) = ("theirs", other);
        bytes32 theirsId = open(theirs);
        bring(publish(answer(it, 1, "a lie", 2)));
        bring(publish(answer(theirs, 1, "a lie", 2)));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(uint8(stateOf(theirsId)), uint8(RequestState.Open));
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)), WORKER_FEE);
        assertEq(address(gateway).balance, 2 * TOTAL);
    }

    /// @dev All workers' signatures in hand, no lane: there is no way in but the Mailbox.
    function test_a_whole_set_brings_nothing_in_without_a_lane() public {
        bytes memory body = Encoder.body(Encoder.item(answer(it, 1, "a lie", 3)));
        bytes32 sender = bytes32(uint256(uint160(address(hub))));
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotMailbox.selector, address(this)));
        gateway.handle(HUB_DOMAIN, sender, body);
        bytes[] memory items = new bytes[](1);
        items[0] = Encoder.item(answer(it, 1, "a lie", 3));
        uint32 local = lane.LOCAL();
        vm.expectRevert(abi.encodeWithSelector(IResultHub.NotPublisher.selector, address(this)));
        hub.publish(local, new bytes32[](1), items, 1_000_000, "");
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
    }

    function test_k_minus_one_operators_together_settle_nothing() public {
        Item memory item = answer(it, 1, "a lie", 1);
        bring(publish(item));
        item.proof =
            bytes.concat(hex"02", vote(item, workerSecret(0), payeeAt(0)), vote(item, workerSecret(0), payeeAt(1)));
        bring(publish(item));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        bring(publish(answer(it)));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered), "the honest were not kept out");
    }

    function test_a_hub_owner_with_his_own_publisher_brings_no_result_about() public {
        vm.startPrank(owner);
        publisher = owner;
        hub.setPublisher(owner, true);
        vm.stopPrank();
        Item memory item = answer(it, 1, "forged", 0);
        item.proof = bytes.concat(hex"02", vote(item, 0xBAD1, owner), vote(item, 0xBAD2, owner));
        bring(publish(item));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
    }

    function test_a_hub_owner_who_shuts_the_hub_turns_requests_into_refunds() public {
        vm.startPrank(owner);
        hub.setPublisher(publisher, false);
        hub.setGateway(lane.LOCAL(), 0, 0);
        vm.stopPrank();
        bytes[] memory items = new bytes[](1);
        uint32 local = lane.LOCAL();
        vm.prank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.NotPublisher.selector, publisher));
        hub.publish(local, new bytes32[](1), items, 1_000_000, "");
        expectRefund();
    }

    /// @dev Whoever replaces the Mailbox's code speaks for validators, publishers and hub alike, and still lacks workers.
    function test_a_corrupt_mailbox_is_believed_about_messages_only() public {
        bytes32 sender = bytes32(uint256(uint160(address(hub))));
        Item memory item = answer(it, 1, "forged", 0);
        item.proof = bytes.concat(hex"02", vote(item, 0xBAD1, relayer), vote(item, 0xBAD2, relayer));
        vm.startPrank(address(arrivals));
        gateway.handle(HUB_DOMAIN, sender, Encoder.body(Encoder.item(item)));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        gateway.handle(HUB_DOMAIN, sender, Encoder.body(Encoder.item(answer(it))));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered), "nobody dispatched or signed this message");
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)), WORKER_FEE);
    }

    function test_validators_who_sign_nothing_turn_requests_into_refunds() public {
        bytes memory message = publish(answer(it));
        vm.expectRevert();
        arrivals.process("", message);
        expectRefund();
    }

    function test_a_set_admin_who_removes_everyone_turns_requests_into_refunds() public {
        Item memory item = answer(it);
        vm.startPrank(owner);
        for (uint256 i = 0; i < 3; ++i) {
            sets.removeMember(setId, workerKey(i));
        }
        vm.stopPrank();
        bring(publish(item));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        expectRefund();
    }

    /// @dev The dearest thing a role can do at once: work that was done goes unpaid. Only a timelock ends it, so the
    /// guardian is named and replaced by one.
    function test_a_guardian_turns_requests_into_refunds_and_can_do_nothing_else() public {
        address guard = makeAddr("guardian");
        vm.prank(owner);
        gateway.setGuardian(guard);
        bytes memory message = publish(answer(it));
        vm.startPrank(guard);
        gateway.pause();
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, guard);
        vm.expectRevert(refusal);
        gateway.unpause();
        vm.expectRevert(refusal);
        gateway.setHub(1, bytes32(uint256(1)), true);
        vm.expectRevert(refusal);
        gateway.setProtocolFeeRecipient(guard);
        vm.stopPrank();
        bytes memory seal = lane.attest(message);
        vm.expectRevert(IInferenceGateway.IsPaused.selector);
        arrivals.process(seal, message);
        expectRefund();
        assertEq(credit(payeeAt(0)) + credit(relayer), 0, "the workers lost their work");
    }

    /// @dev Whoever names a verifier has named his judge; nobody else has.
    function test_a_policys_verifier_decides_about_its_own_requests_only() public {
        address[] memory friends = new address[](1);
        friends[0] = makeAddr("friend");
        ScriptedVerifier corrupt = new ScriptedVerifier(abi.encode(friends), false);
        Terms memory its = terms();
        (its.salt, its.policyId) = ("its", gateway.registerPolicy(policyOf(address(corrupt), 1)));
        bytes32 itsId = open(its);
        Item memory item = answer(it, 1, "anything", 0);
        bring(publish(answer(its, 1, "anything", 0)));
        bring(publish(item));
        assertEq(uint8(stateOf(itsId)), uint8(RequestState.Delivered));
        assertEq(credit(friends[0]), WORKER_FEE);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        vm.startPrank(address(corrupt));
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotPending.selector, id, RequestState.Open));
        gateway.dispute(it);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotPending.selector, itsId, RequestState.Delivered));
        gateway.dispute(its);
    }

    /// @dev Its own claimers depend on a token; those of native fees and of other tokens never do.
    function test_a_token_that_lies_and_freezes_touches_no_other_money() public {
        LyingToken lying = new LyingToken();
        PlainToken plain = new PlainToken();
        vm.startPrank(owner);
        gateway.setFeeToken(address(lying), true, 0);
        gateway.setFeeToken(address(plain), true, 0);
        vm.stopPrank();
        plain.mint(asker, TOTAL);
        vm.startPrank(asker);
        plain.approve(address(gateway), TOTAL);
        Terms memory paid = inToken(address(plain));
        Terms memory fake = inToken(address(lying));
        gateway.request(paid, INPUT, "");
        gateway.request(fake, INPUT, "");
        vm.stopPrank();
        bring(publish(answer(fake)));
        bring(publish(answer(paid)));
        bring(publish(answer(it)));
        assertEq(gateway.credits(address(lying), relayer), RELAY_FEE, "a claim on nothing");
        lying.freeze();
        vm.startPrank(relayer);
        vm.expectRevert();
        gateway.claim(address(lying), relayer);
        gateway.claim(address(plain), relayer);
        gateway.claim(address(0), relayer);
        vm.stopPrank();
        for (uint256 i = 0; i < 2; ++i) {
            gateway.claimFor(address(plain), payeeAt(i));
            gateway.claimFor(address(0), payeeAt(i));
        }
        gateway.claimFor(address(0), treasury);
        assertEq(plain.balanceOf(address(gateway)) + address(gateway).balance, 0, "everyone was paid in full");
    }

    /// @dev A requester sets the price, the judge and the consumer of his own request, and of none else's.
    function test_a_requester_speaks_for_himself_only() public {
        address other = makeAddr("other");
        deal(other, 10 ether);
        Terms memory mine = terms();
        mine.salt = "mine";
        vm.startPrank(other);
        bytes memory refusal = abi.encodeWithSelector(IInferenceGateway.NotRequester.selector, asker, other);
        vm.expectRevert(refusal);
        gateway.request{value: TOTAL}(mine, INPUT, "");
        vm.expectRevert(refusal);
        gateway.cancel(it);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.InvalidSignature.selector, gateway.idOf(mine), asker));
        gateway.requestBySig{value: TOTAL}(mine, INPUT, "", new bytes(65));
    }

    function expectRefund() private {
        vm.warp(it.deadline + 1);
        vm.prank(makeAddr("anyone"));
        gateway.expire(it);
        gateway.claimFor(address(0), refundee);
        assertEq(refundee.balance, TOTAL);
    }

    function inToken(address token) private view returns (Terms memory asked) {
        asked = terms();
        (asked.feeToken, asked.salt, asked.protocolFee) = (token, bytes20(token), 0);
    }

    function otherSetsPolicy() private returns (uint32) {
        IWorkerSets.Worker[] memory workers = new IWorkerSets.Worker[](2);
        for (uint256 i = 0; i < 2; ++i) {
            workers[i] = IWorkerSets.Worker(vm.addr(0x0DD + i), operatorAt(5 + i));
        }
        Policy memory policy = policyOf(address(verifier), 2);
        policy.setId = sets.registerSet(owner, owner, workers);
        return gateway.registerPolicy(policy);
    }
}
