// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Ignored, Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Result} from "../../src/types/Result.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

contract HandleTest is GatewayTest {
    function test_an_ok_answer_pays_everyone_and_calls_back() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        Item memory item = answer(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultDelivered(
            id, 1, item.outputHash, item.evidenceHash, relayer, firstPayees(2), OUTPUT, 1, true
        );
        deliver(item);

        assertEq(credit(payeeAt(0)), WORKER_FEE / 2 + 1, "the remainder is the first payee's");
        assertEq(credit(payeeAt(1)), WORKER_FEE / 2);
        assertEq(credit(relayer), RELAY_FEE);
        assertEq(credit(treasury), PROTOCOL_FEE);
        assertEq(credit(refundee), 0);
        assertEq(consumer.calls(), 1);
        assertEq(consumer.caller(), address(gateway));
        assertEq(consumer.received(), abi.encode(id, asker, bytes(""), uint8(1), OUTPUT, true));
        assertEq(gateway.stateOf(id), settledWord(item, RequestState.Delivered, 2));
    }

    function test_other_statuses_refund_in_full_pay_no_one_and_still_call_back() public {
        for (uint8 status = 2; status <= 4; ++status) {
            Terms memory it = terms();
            it.salt = bytes32(uint256(status));
            it.refundTo = address(uint160(0xAA00 + uint160(status)));
            bytes32 id = open(it);
            Item memory item = answer(it, status, "", 2);
            deliver(item);

            assertEq(gateway.stateOf(id), settledWord(item, RequestState.Declined, 2));
            assertEq(credit(it.refundTo), TOTAL);
            assertEq(consumer.calls(), status - 1);
            assertEq(consumer.received(), abi.encode(id, asker, bytes(""), status, bytes(""), true));
        }
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)) + credit(relayer) + credit(treasury), 0);
    }

    function test_a_declined_reason_is_in_the_event_but_not_in_the_callback() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        Item memory item = answer(it, 3, "I would rather not.", 2);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultDelivered(
            id, 3, item.outputHash, item.evidenceHash, relayer, firstPayees(2), "I would rather not.", 1, true
        );
        deliver(item);
        assertEq(consumer.received(), abi.encode(id, asker, bytes(""), uint8(3), bytes(""), true));
    }

    function test_a_declined_reason_need_not_travel() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        Item memory item = answer(it, 3, "a reason of which only the hash was signed", 2);
        item.output = "";
        deliver(item);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Declined));
    }

    function test_the_context_comes_back() public {
        Terms memory it = terms();
        bytes memory context = abi.encode(asker, "round 7");
        it.contextHash = keccak256(context);
        vm.prank(asker);
        bytes32 id = gateway.request{value: TOTAL}(it, INPUT, context);
        Item memory item = answer(it);
        item.context = context;
        deliver(item);
        assertEq(consumer.received(), abi.encode(id, asker, context, uint8(1), OUTPUT, true));
    }

    function test_no_callback_where_none_was_asked_for() public {
        Terms memory it = terms();
        it.callbackGasLimit = 0;
        bytes32 id = open(it);
        deliver(answer(it));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(consumer.calls(), 0);
    }

    function test_a_named_relayer_is_paid() public {
        Terms memory it = terms();
        it.relayer = relayer;
        open(it);
        deliver(answer(it));
        assertEq(credit(relayer), RELAY_FEE);
    }

    function test_the_protocol_fee_goes_to_the_recipient_of_the_day() public {
        Terms memory it = terms();
        open(it);
        address another = makeAddr("another treasury");
        vm.prank(owner);
        gateway.setProtocolFeeRecipient(another);
        deliver(answer(it));
        assertEq(credit(another), PROTOCOL_FEE);
        assertEq(credit(treasury), 0);
    }

    function test_delivers_at_the_last_second() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        Item memory item = answer(it);
        vm.warp(it.deadline);
        deliver(item);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
    }

    function testFuzz_the_shares_add_up_to_the_fee(uint96 fee) public {
        Terms memory it = terms();
        it.workerFee = fee;
        deal(asker, total(it));
        open(it);
        deliver(answer(it, 1, OUTPUT, 3));
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)) + credit(payeeAt(2)), fee);
        assertEq(credit(payeeAt(1)), fee / 3);
        assertEq(credit(payeeAt(2)), fee / 3);
    }

    function test_one_bad_item_touches_no_other() public {
        Terms memory first = terms();
        Terms memory second = terms();
        second.salt = bytes32(uint256(43));
        bytes32 id = open(first);
        bytes32 other = open(second);
        Item memory forged = answer(first);
        forged.proof[30] ^= 0x01;
        bytes[] memory items = new bytes[](6);
        items[0] = "rubbish";
        items[1] = Encoder.item(forged);
        items[2] = Encoder.item(answer(first));
        items[3] = "";
        items[4] = Encoder.item(answer(first, 2, "", 2));
        items[5] = Encoder.item(answer(second));

        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultRejected(bytes32(0), uint8(Rejection.Malformed), "");
        vm.expectEmit(true, false, false, false, address(gateway));
        emit IInferenceGateway.ResultRejected(id, uint8(Rejection.ProofRejected), "");
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultRejected(bytes32(0), uint8(Rejection.Malformed), "");
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultRejected(id, uint8(Rejection.AlreadySettled), "");
        deliver(Encoder.body(items));

        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(uint8(stateOf(other)), uint8(RequestState.Delivered));
        assertEq(credit(relayer), 2 * RELAY_FEE, "each paid once");
        assertEq(consumer.calls(), 2);
    }

    function test_publishing_again_changes_nothing() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        Item memory item = answer(it);
        deliver(item);
        uint256 word = gateway.stateOf(id);
        deliver(item);
        assertEq(gateway.stateOf(id), word);
        assertEq(credit(relayer), RELAY_FEE);
        assertEq(consumer.calls(), 1);
    }

    function test_refuses_every_caller_but_the_mailbox() public {
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotMailbox.selector, address(this)));
        gateway.handle(HUB_DOMAIN, HUB, "");
    }

    function test_refuses_hubs_that_are_not_enrolled() public {
        expectUnknownHub(HUB_DOMAIN, bytes32(uint256(0xBAD)));
        expectUnknownHub(HUB_DOMAIN + 1, HUB);
        vm.prank(owner);
        gateway.setHub(HUB_DOMAIN, HUB, false);
        expectUnknownHub(HUB_DOMAIN, HUB);
    }

    function test_refuses_value() public {
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, 0, 1));
        mailbox.deliver{value: 1}(IMessageRecipient(address(gateway)), HUB_DOMAIN, HUB, "");
    }

    function test_ignores_unknown_versions_and_types() public {
        expectIgnored(hex"02010000", Ignored.UnknownVersion);
        expectIgnored(hex"00010000", Ignored.UnknownVersion);
        expectIgnored(hex"01020000", Ignored.UnknownType);
        // Two bytes say both; what follows them is for the version to say.
        expectIgnored(hex"0201", Ignored.UnknownVersion);
        expectIgnored(hex"0102", Ignored.UnknownType);
    }

    function test_ignores_broken_frames_whole() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        bytes memory good = Encoder.body(Encoder.item(answer(it)));
        expectIgnored("", Ignored.Malformed);
        expectIgnored(hex"01", Ignored.Malformed);
        expectIgnored(hex"0101", Ignored.Malformed);
        expectIgnored(hex"01010000", Ignored.Malformed);
        expectIgnored(hex"01010001ffffffff", Ignored.Malformed);
        expectIgnored(bytes.concat(good, hex"00"), Ignored.Malformed);
        good[3] = 0x02;
        expectIgnored(good, Ignored.Malformed);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open), "the good item in a broken frame has no effect");
    }

    function test_hyperlane_reads_the_explicit_security_module() public view {
        assertEq(gateway.interchainSecurityModule(), ism);
        assertEq(gateway.mailbox(), address(mailbox));
    }

    function expectIgnored(bytes memory body, Ignored reason) private {
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.MessageIgnored(HUB_DOMAIN, HUB, uint8(reason));
        deliver(body);
    }

    function expectUnknownHub(uint32 domain, bytes32 sender) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownHub.selector, domain, sender));
        mailbox.deliver(IMessageRecipient(address(gateway)), domain, sender, "");
    }

    function firstPayees(uint256 count) private pure returns (address[] memory payees) {
        payees = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            payees[i] = payeeAt(i);
        }
    }

    function settledWord(Item memory item, RequestState state, uint256 signers) private view returns (uint256) {
        Result memory result =
            Result(item.status, item.outputHash, item.evidenceHash, item.relayer, 0, firstPayees(signers));
        bytes32 digest = keccak256(abi.encode(result.status, result.outputHash, result.evidenceHash, result.payees));
        return uint256(uint8(state)) | uint256(uint40(block.timestamp)) << 16 | uint256(digest) << 56;
    }
}
