// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {IInferenceConsumer} from "../../src/interfaces/IInferenceConsumer.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GreedyConsumer} from "../support/Consumers.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {Hyperlane, Mailbox} from "../support/Hyperlane.sol";
import {LaneTest} from "../support/LaneTest.sol";
import {NewerVm} from "../support/NewerVm.sol";

/// @notice Takes whatever its Mailbox brings, and names no module.
contract TrustingRecipient is IMessageRecipient {
    uint256 public taken;

    function handle(uint32, bytes32, bytes calldata) external payable override {
        ++taken;
    }
}

/// @notice While it is called back: the same message again, another message with the same item, a refund, a payment.
contract RedeliveringConsumer is IInferenceConsumer {
    Mailbox private immutable _MAILBOX;
    IInferenceGateway private immutable _GATEWAY;
    Terms private _terms;
    bytes[2] private _metadata;
    bytes[2] private _messages;

    uint256 public calls;
    string public sameMessage;
    bool public otherMessageTaken;
    bytes4 public refund;
    bytes4 public payment;

    constructor(Mailbox mailbox, IInferenceGateway gateway) {
        (_MAILBOX, _GATEWAY) = (mailbox, gateway);
    }

    function arm(Terms calldata terms, bytes[2] memory metadata, bytes[2] memory messages) external {
        (_terms, _metadata, _messages) = (terms, metadata, messages);
    }

    function onInference(bytes32, address, bytes calldata, uint8, bytes calldata, bool) external override {
        ++calls;
        try _MAILBOX.process(_metadata[0], _messages[0]) {}
        catch Error(string memory reason) {
            sameMessage = reason;
        }
        _MAILBOX.process(_metadata[1], _messages[1]);
        otherMessageTaken = true;
        try _GATEWAY.expire(_terms) {}
        catch (bytes memory reason) {
            refund = bytes4(reason);
        }
        try _GATEWAY.claim(address(0), address(this)) {}
        catch (bytes memory reason) {
            payment = bytes4(reason);
        }
    }
}

/// @notice Attacks on what travels, through Hyperlane's own contracts on both chains. Those on requests and money are in
/// Attacks.t.sol.
contract LaneAttacksTest is LaneTest {
    uint256 private constant TRANSACTION_LIMIT = 1 << 24;

    address private thief = makeAddr("thief");
    Terms private it;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        it = terms();
        id = open(it);
    }

    /// @dev Without this, every attack below could fail for a reason of the test's own.
    function test_an_honest_lane_delivers() public {
        bring(publish(answer(it)));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(credit(relayer), RELAY_FEE);
        assertEq(consumer.calls(), 1);
    }

    /// @dev The workers' true signatures are public. Outsiders and two of five validators cannot pass the module; the
    /// three that can still have no answer a worker signed.
    function test_attack_forged_message_with_honest_workers() public {
        Item memory item = answer(it);
        (item.output, item.outputHash) = ("forged", keccak256("forged"));
        bytes memory message = forged(Encoder.body(Encoder.item(item)));
        uint256 first = lane.SECRETS();
        uint256[3][3] memory signers = [[uint256(7), 8, 9], [first, first + 1, 9], [first, first, first + 1]];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory seal = lane.seal(message, signers[i]);
            vm.expectRevert("!threshold");
            arrivals.process(seal, message);
        }
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotMailbox.selector, address(this)));
        gateway.handle(HUB_DOMAIN, bytes32(uint256(uint160(address(hub)))), Encoder.body(Encoder.item(item)));
        bring(message);
        assertUntouched();
    }

    function test_attack_forged_answers_with_honest_validators() public {
        Item memory item = answer(it, 1, "forged", 0);
        item.proof = bytes.concat(hex"02", vote(item, 0xBAD1, thief), vote(item, 0xBAD2, thief));
        bring(publish(item));
        // One true worker short of k, with a key of nobody's beside it.
        bool ascending = workerKey(0) < vm.addr(0xBAD1);
        bytes memory own = vote(item, workerSecret(0), thief);
        bytes memory foreign = vote(item, 0xBAD1, thief);
        item.proof = bytes.concat(hex"02", ascending ? own : foreign, ascending ? foreign : own);
        bring(publish(item));
        item.proof = bytes.concat(hex"01", own);
        bring(publish(item));
        assertUntouched();
    }

    /// @dev It may say what it likes; it then only has wasted its own money, and the next publisher's word counts.
    function test_attack_honest_message_with_a_corrupt_publisher() public {
        Item memory item;
        for (uint256 i = 0; i < 7; ++i) {
            item = answer(it);
            if (i == 0) item.relayer = thief;
            if (i == 1) (item.output, item.outputHash) = ("bought", keccak256("bought"));
            if (i == 2) item.status = 3;
            if (i == 3) item.evidenceHash = keccak256("other evidence");
            if (i == 4) item.proof = bytes.concat(hex"01", slice(item.proof, 1, 85));
            if (i == 5) item.proof = payeeReplaced(item.proof, thief);
            if (i == 6) item.terms.refundTo = thief;
            bring(publish(item));
        }
        assertUntouched();
        vm.startPrank(owner);
        hub.setPublisher(publisher, false);
        publisher = makeAddr("another publisher");
        hub.setPublisher(publisher, true);
        vm.stopPrank();
        bring(publish(answer(it)));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(credit(relayer), RELAY_FEE);
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)), WORKER_FEE);
        assertEq(credit(thief), 0);
    }

    function test_attack_replay_across_chains_gateways_and_versions() public {
        bytes memory message = publish(answer(it));
        bring(message);
        bytes memory seal = lane.attest(message);
        vm.expectRevert("Mailbox: already delivered");
        arrivals.process(seal, message);
        bring(publish(answer(it)));
        assertEq(credit(relayer), RELAY_FEE, "published twice, paid once");

        Mailbox elsewhere = Mailbox(Hyperlane.create("Mailbox__factory.js", abi.encode(lane.LOCAL() + 1)));
        vm.expectRevert("Mailbox: unexpected destination");
        elsewhere.process(seal, message);
        message[0] = 0x04;
        seal = lane.attest(message);
        vm.expectRevert("Mailbox: bad version");
        arrivals.process(seal, message);

        // A second gateway that hears the same hub, and has the same request: what was signed for one is not for both.
        InferenceGateway second = deployGateway(address(arrivals), lane.ism(), owner, treasury);
        vm.startPrank(owner);
        second.setHub(HUB_DOMAIN, bytes32(uint256(uint160(address(hub)))), true);
        second.setProtocolFee(PROTOCOL_FEE);
        hub.setGateway(lane.LOCAL(), bytes32(uint256(uint160(address(second)))), 12_000_000);
        vm.stopPrank();
        second.registerPolicy(policyOf(address(verifier), 2));
        vm.prank(asker);
        bytes32 there = second.request{value: TOTAL}(it, INPUT, "");
        bring(publish(answer(it)));
        assertEq(uint8(second.stateOf(there)), uint8(RequestState.Open));
    }

    /// @dev What the hub dispatches is public long before it arrives.
    function test_attack_cancel_after_learning_the_output_from_the_hub() public {
        it.salt = "learnt";
        it.deadline = uint40(block.timestamp) + 1 days;
        bytes32 learnt = open(it);
        bytes memory message = publish(answer(it));
        vm.prank(asker);
        gateway.cancel(it);
        vm.warp(block.timestamp + gateway.CANCEL_GRACE());
        bring(message);
        assertEq(uint8(stateOf(learnt)), uint8(RequestState.Delivered));
        assertEq(credit(relayer), RELAY_FEE);
        vm.warp(it.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotOpen.selector, learnt, RequestState.Delivered));
        gateway.expire(it);
        assertEq(credit(refundee), 0);
    }

    function test_attack_copied_process() public {
        bytes memory message = publish(answer(it));
        bytes memory seal = lane.attest(message);
        deal(thief, 1 ether);
        vm.startPrank(thief);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, 0, 1));
        arrivals.process{value: 1}(seal, message);
        arrivals.process(seal, message);
        vm.stopPrank();
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(credit(relayer), RELAY_FEE, "whom the workers signed for");
        assertEq(credit(thief), 0);
    }

    /// @dev The hub's Mailbox is open to all and validators sign all it dispatches: the sender tells them apart.
    function test_attack_hub_impostor() public {
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        uint32 local = lane.LOCAL();
        vm.recordLogs();
        vm.prank(thief);
        departures.dispatch(local, bytes32(uint256(uint160(address(gateway)))), body);
        bytes memory message = dispatched();
        bytes memory seal = lane.attest(message);
        bytes32 sender = bytes32(uint256(uint160(thief)));
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownHub.selector, HUB_DOMAIN, sender));
        arrivals.process(seal, message);
        sender = bytes32(uint256(uint160(address(hub))));
        message = forgedFrom(HUB_DOMAIN + 1, sender, body);
        seal = lane.attest(message);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownHub.selector, HUB_DOMAIN + 1, sender));
        arrivals.process(seal, message);
        assertUntouched();
    }

    /// @dev Four consumers that burn the greatest promise fit no transaction. The message can never be delivered, and
    /// that takes nothing from its requests: each comes again in one that can.
    function test_attack_batch_too_big_to_deliver() public {
        address burner = address(new GreedyConsumer(false));
        bytes[] memory items = new bytes[](4);
        for (uint256 i = 0; i < 4; ++i) {
            Terms memory dear = dearest(i, burner);
            open(dear);
            items[i] = Encoder.item(answer(dear));
        }
        bytes memory message = publish(items);
        bytes memory seal = lane.attest(message);
        NewerVm(address(vm)).expectPartialRevert(IInferenceGateway.InsufficientGas.selector);
        arrivals.process{gas: TRANSACTION_LIMIT}(seal, message);
        assertEq(credit(relayer), 0, "all or nothing");
        for (uint256 i = 0; i < 4; ++i) {
            message = publish(answer(dearest(i, burner)));
            seal = lane.attest(message);
            arrivals.process{gas: TRANSACTION_LIMIT}(seal, message);
            assertEq(uint8(stateOf(gateway.idOf(dearest(i, burner)))), uint8(RequestState.Delivered));
        }
        assertEq(credit(relayer), 4 * RELAY_FEE);
    }

    /// @dev A Mailbox whose default module believes everything: a recipient without a module of its own is lost.
    function test_attack_zero_ism() public {
        Mailbox lax = Mailbox(Hyperlane.create("Mailbox__factory.js", abi.encode(lane.LOCAL())));
        lax.initialize(address(this), Hyperlane.create("isms/NoopIsm__factory.js", ""), address(lax), address(lax));
        TrustingRecipient trusting = new TrustingRecipient();
        bytes32 sender = bytes32(uint256(uint160(address(hub))));
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        bytes memory head = abi.encodePacked(uint8(3), uint32(0), HUB_DOMAIN, sender, lane.LOCAL());
        lax.process("", bytes.concat(head, abi.encode(trusting), body));
        assertEq(trusting.taken(), 1, "nobody signed this");

        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        deployGateway(address(lax), address(0), owner, treasury);
        InferenceGateway behind = deployGateway(address(lax), lane.ism(), owner, treasury);
        vm.prank(owner);
        behind.setHub(HUB_DOMAIN, sender, true);
        bytes memory message = bytes.concat(head, abi.encode(behind), body);
        vm.expectRevert();
        lax.process("", message);
        bytes memory seal = lane.seal(message, [uint256(7), 8, 9]);
        vm.expectRevert("!threshold");
        lax.process(seal, message);
        lax.process(lane.attest(message), message);
    }

    function test_attack_reentrancy_from_the_callback() public {
        RedeliveringConsumer attacker = new RedeliveringConsumer(arrivals, gateway);
        Terms memory mine = terms();
        (mine.salt, mine.consumer, mine.refundTo) = ("mine", address(attacker), address(attacker));
        mine.callbackGasLimit = 3_000_000;
        open(mine);
        bytes[2] memory messages = [publish(answer(mine)), publish(answer(mine))];
        bytes[2] memory metadata = [lane.attest(messages[0]), lane.attest(messages[1])];
        attacker.arm(mine, metadata, messages);
        arrivals.process(metadata[0], messages[0]);
        assertEq(attacker.calls(), 1);
        assertEq(attacker.sameMessage(), "Mailbox: already delivered");
        assertTrue(attacker.otherMessageTaken(), "and its item rejected");
        assertEq(attacker.refund(), IInferenceGateway.NotOpen.selector);
        assertEq(attacker.payment(), IInferenceGateway.NothingToClaim.selector);
        assertEq(credit(relayer), RELAY_FEE);
        assertEq(address(gateway).balance, 2 * TOTAL);
    }

    /// @dev Whoever brings a message chooses its gas, and two contracts pass on 63 of 64 parts of it each.
    function testFuzz_attack_gas_starvation_through_the_mailbox(uint256 gasGiven) public {
        bytes memory message = publish(answer(it));
        bytes memory seal = lane.attest(message);
        try arrivals.process{gas: bound(gasGiven, 100_000, 1_300_000)}(seal, message) {
            assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
            assertGe(consumer.gasAtEntry() + 2_000, it.callbackGasLimit, "the promise was kept");
        } catch {
            assertUntouched();
            assertFalse(arrivals.delivered(keccak256(message)), "and can be brought again");
        }
    }

    function assertUntouched() private view {
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        assertEq(credit(relayer) + credit(thief) + credit(payeeAt(0)), 0, "nobody paid");
        assertEq(consumer.calls(), 0, "nobody called");
    }

    function dearest(uint256 i, address burner) private view returns (Terms memory dear) {
        dear = terms();
        dear.consumer = burner;
        (dear.salt, dear.callbackGasLimit) = (keccak256(abi.encode("dear", i)), gateway.MAX_CALLBACK_GAS());
    }

    /// @dev As if the hub had sent it.
    function forged(bytes memory body) private view returns (bytes memory) {
        return forgedFrom(HUB_DOMAIN, bytes32(uint256(uint160(address(hub)))), body);
    }

    function forgedFrom(uint32 domain, bytes32 sender, bytes memory body) private view returns (bytes memory) {
        bytes memory head = abi.encodePacked(uint8(3), uint32(99), domain, sender, lane.LOCAL());
        return bytes.concat(head, abi.encode(gateway), body);
    }

    function payeeReplaced(bytes memory proof, address payee) private pure returns (bytes memory) {
        for (uint256 i = 0; i < 20; ++i) {
            proof[1 + i] = bytes20(payee)[i];
        }
        return proof;
    }

    function slice(bytes memory data, uint256 from, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            part[i] = data[from + i];
        }
    }
}
