// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInfernetConsumer} from "../../src/compat/interfaces/IInfernetConsumer.sol";
import {IInfernetCoordinator} from "../../src/compat/interfaces/IInfernetCoordinator.sol";
import {IInfernetWallet} from "../../src/compat/interfaces/IInfernetWallet.sol";
import {ContainerBytes} from "../../src/compat/libraries/ContainerBytes.sol";
import {Route, Shape} from "../../src/compat/types/Route.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Item} from "../support/Encoder.sol";
import {NewerVm} from "../support/NewerVm.sol";
import {BaseConsumer} from "./support/InfernetBases.sol";
import {PromptsModel} from "./support/InfernetConsumers.sol";
import {InfernetTest} from "./support/InfernetTest.sol";

/// @notice Callback consumers: asked once, answered once.
contract CallbackCompatTest is InfernetTest {
    PromptsModel private dapp;
    bytes private gotOutput;

    function setUp() public override {
        super.setUp();
        dapp = new PromptsModel(address(coordinator));
        approve(address(dapp));
    }

    function test_a_consumer_is_answered_and_its_wallet_pays() public {
        vm.expectEmit(address(coordinator));
        emit IInfernetCoordinator.SubscriptionCreated(1);
        uint32 id = dapp.ask("What is a blob?", 2, OFFER / 2, address(wallet));
        assertEq(coordinator.id(), 2, "the next one");
        bytes32 requestId = poke(id, 1, 0);
        assertEq(coordinator.requestOf(id, 1), requestId);
        assertEq(sentInput, "What is a blob?", "the model gets the text itself");
        assertEq(total(sent), OFFER);
        assertEq(sent.relayFee, (OFFER - PROTOCOL_FEE) / 4);
        assertEq(sent.refundTo, address(wallet));
        assertEq(address(wallet).balance, 100 ether - OFFER);
        assertEq(address(coordinator).balance, 0);

        vm.expectEmit(address(coordinator));
        emit IInfernetCoordinator.SubscriptionFulfilled(id, address(coordinator));
        deliver(answerTo("Much data."));
        assertEq(dapp.text(), "Much data.");
        assertEq(dapp.receivedHash(), keccak256(abi.encode(id, uint32(1), uint16(2), address(coordinator), bytes(""))));
        (bytes memory raw, bytes memory hash) = abi.decode(dapp.input(), (bytes, bytes));
        assertEq(raw, abi.encode("What is a blob?"), "its own input comes back");
        assertEq(hash, abi.encode(keccak256(raw)));
        assertEq(dapp.containerId(), 0);
        assertEq(coordinator.redundancyCount(key(id, 1)), 2);
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)) + credit(relayer) + credit(treasury), OFFER);
    }

    function test_what_is_asked_is_announced_with_its_request_and_its_payer() public {
        uint32 id = dapp.ask("question", 2, OFFER / 2, address(wallet));
        uint256 before = vm.snapshot();
        bytes32 requestId = poke(id, 1, 0);
        vm.revertTo(before);
        vm.expectEmit(address(coordinator));
        emit IInfernetCoordinator.IntervalAsked(id, 1, requestId, address(wallet));
        coordinator.poke(id, 1);
    }

    /// @dev Infernet has no word for what may still be overturned, so its consumers hear of it when it is final.
    function test_a_provisional_answer_is_handed_over_when_it_is_final() public {
        Policy memory policy = policyOf(address(verifier), 3);
        policy.window = 300;
        Route memory slow = route();
        slow.policyId = gateway.registerPolicy(policy);
        vm.prank(router);
        coordinator.addRoute("llm", slow);
        uint32 id = dapp.ask("question", 3, OFFER / 2, address(wallet));
        bytes32 requestId = poke(id, 1, 0);
        Item memory item = answer(sent, 1, "well considered", 3);
        item.context = sentContext;
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackSucceeded(requestId);
        deliver(item);
        assertEq(uint8(stateOf(requestId)), uint8(RequestState.Pending));
        assertEq(dapp.received(), 0);
        assertEq(coordinator.redundancyCount(key(id, 1)), 0);
        vm.warp(block.timestamp + 301);
        gateway.finalize(sent, resultOf(item, 0, 3), "well considered", sentContext);
        assertEq(dapp.text(), "well considered");
        assertEq(coordinator.redundancyCount(key(id, 1)), 3);
    }

    function test_a_long_input_comes_back_as_its_hash() public {
        bytes memory given = abi.encode(string(new bytes(2_000)));
        uint32 id = dapp.askWith(given, address(0), 0, address(0));
        poke(id, 1, 1 ether);
        deliver(answerTo("x"));
        (bytes memory raw, bytes memory hash) = abi.decode(dapp.input(), (bytes, bytes));
        assertEq(raw.length, 0);
        assertEq(hash, abi.encode(keccak256(given)));
    }

    function test_whoever_pokes_may_pay_and_is_refunded() public {
        uint32 id = dapp.ask("question", 2, 0, address(0));
        assertEq(coordinator.priceOf(id), MINIMUM + PROTOCOL_FEE);
        poke(id, 1, 3 ether);
        assertEq(total(sent), 3 ether, "all of it is fees");
        vm.expectEmit(address(coordinator));
        emit IInfernetCoordinator.IntervalDeclined(id, 1, coordinator.requestOf(id, 1), 3);
        deliver(declined(3));
        assertEq(credit(keeper), 3 ether);
        assertEq(dapp.received(), 0, "Infernet has no word for this");
    }

    function test_what_was_declined_or_expired_is_asked_again() public {
        uint32 id = dapp.ask("question", 2, OFFER / 2, address(wallet));
        poke(id, 1, 0);
        deliver(declined(4));
        vm.expectEmit(address(wallet));
        emit IInfernetWallet.Reclaimed(OFFER);
        assertEq(wallet.reclaim(), OFFER);
        assertEq(address(wallet).balance, 100 ether);
        bytes32 second = poke(id, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.AlreadyAsked.selector, second));
        coordinator.poke(id, 1);
        vm.warp(sent.deadline + 1);
        gateway.expire(sent);
        wallet.reclaim();
        poke(id, 1, 0);
        deliver(answerTo("at last"));
        assertEq(dapp.text(), "at last");
        vm.expectRevert(IInfernetCoordinator.IntervalCompleted.selector);
        coordinator.poke(id, 1);
        assertEq(address(wallet).balance, 100 ether - OFFER);
    }

    function test_an_answer_a_consumer_refused_is_handed_over_later() public {
        uint32 id = dapp.ask("question", 2, OFFER / 2, address(wallet));
        bytes32 requestId = poke(id, 1, 0);
        dapp.refuse(true);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackFailed(requestId, abi.encodeWithSignature("Error(string)", "not now"));
        deliver(answerTo("later"));
        assertEq(uint8(stateOf(requestId)), uint8(RequestState.Delivered));
        assertEq(coordinator.redundancyCount(key(id, 1)), 0);
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.AlreadyAsked.selector, requestId));
        coordinator.poke(id, 1);
        vm.expectRevert("not now");
        this.redeliverExternally("later");
        dapp.refuse(false);
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.NotAnswered.selector, requestId));
        this.redeliverExternally("something else");
        redeliver("later");
        assertEq(dapp.text(), "later");
        vm.expectRevert(IInfernetCoordinator.IntervalCompleted.selector);
        this.redeliverExternally("later");
    }

    function test_redelivery_takes_settled_terms_and_enough_gas() public {
        uint32 id = dapp.ask("question", 2, OFFER / 2, address(wallet));
        bytes32 requestId = poke(id, 1, 0);
        bytes memory refusal = abi.encodeWithSelector(IInfernetCoordinator.NotAnswered.selector, requestId);
        vm.expectRevert(refusal);
        this.redeliverExternally("not answered yet");
        dapp.refuse(true);
        deliver(answerTo("later"));
        dapp.refuse(false);
        bytes memory context = sentContext;
        sentContext = abi.encode(id + 1, uint32(1), bytes(""));
        vm.expectRevert(refusal);
        this.redeliverExternally("later");
        sentContext = context;
        NewerVm(address(vm)).expectPartialRevert(IInfernetCoordinator.TooLittleGas.selector);
        this.redeliverExternally{gas: 1_000_000}("later");
    }

    function test_nothing_answers_for_somebody_elses_request() public {
        // Anyone can name the coordinator as consumer of a request of his own, with any context.
        uint32 id = dapp.ask("question", 2, 0, address(0));
        sentContext = abi.encode(id, uint32(1), bytes(""));
        sent = terms();
        sent.consumer = address(coordinator);
        sent.contextHash = keccak256(sentContext);
        vm.prank(asker);
        bytes32 foreign = gateway.request{value: TOTAL}(sent, INPUT, sentContext);
        deliver(answerTo(abi.encode("forged")));
        assertEq(dapp.received(), 0);
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.NotAnswered.selector, foreign));
        this.redeliverExternally(abi.encode("forged"));
    }

    function test_a_poke_pays_enough_or_nothing_happens() public {
        uint256 least = MINIMUM + PROTOCOL_FEE;
        uint32 free = dapp.ask("question", 2, 0, address(0));
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.PaymentTooLow.selector, least, 0));
        coordinator.poke(free, 1);
        vm.startPrank(keeper);
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.PaymentTooLow.selector, least, least - 1));
        coordinator.poke{value: least - 1}(free, 1);
        uint32 paid = dapp.ask("question", 2, OFFER / 2, address(wallet));
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.PaymentTooLow.selector, OFFER, OFFER - 1));
        coordinator.poke{value: OFFER - 1}(paid, 1);
        deal(keeper, 1 << 100);
        uint256 tooMuch = uint256(type(uint96).max) + 1;
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.PaymentTooHigh.selector, type(uint96).max, tooMuch));
        coordinator.poke{value: tooMuch + PROTOCOL_FEE}(paid, 1);
    }

    function test_a_route_without_minimum_is_free_where_the_protocol_is() public {
        vm.prank(owner);
        gateway.setProtocolFee(0);
        vm.startPrank(router);
        coordinator.addRoute("free", withMinimum(0));
        vm.stopPrank();
        uint32 id = coordinator.createSubscription("free", 1, 0, 2, false, address(0), 0, address(0), address(0));
        giveInput(abi.encode("q"));
        poke(id, 1, 0);
        assertEq(total(sent), 0);
        assertEq(sent.refundTo, keeper);
    }

    function test_bytes_pass_as_they_are() public {
        Route memory it = route();
        it.shape = Shape.Bytes;
        vm.prank(router);
        coordinator.addRoute("bytes", it);
        uint32 id = coordinator.createSubscription("bytes", 1, 0, 2, false, address(0), 0, address(0), address(0));
        giveInput(hex"00ff");
        poke(id, 1, 1 ether);
        assertEq(sentInput, hex"00ff");
        deliver(answerTo(hex"ff00"));
        (bytes memory raw, bytes memory processed) = abi.decode(gotOutput, (bytes, bytes));
        assertEq(raw, hex"ff00");
        assertEq(processed, "");
    }

    function rawReceiveCompute(
        uint32,
        uint32,
        uint16,
        address,
        bytes calldata,
        bytes calldata output,
        bytes calldata,
        bytes32,
        uint256
    )
        external
    {
        gotOutput = output;
    }

    function test_inputs_of_a_text_route_are_text() public {
        bytes[3] memory wrong =
            [bytes("short"), abi.encode(uint256(64), uint256(0)), abi.encode(uint256(32), uint256(1))];
        for (uint256 i = 0; i < wrong.length; ++i) {
            uint32 id = dapp.askWith(wrong[i], address(0), 0, address(0));
            vm.prank(keeper);
            vm.expectRevert(ContainerBytes.InputNotText.selector);
            coordinator.poke{value: 1 ether}(id, 1);
        }
    }

    function test_refuses_what_cannot_be_honoured() public {
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.VerifierUnsupported.selector, keeper));
        dapp.askWith("", address(0), 1, keeper);
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.TokenUnsupported.selector, keeper));
        dapp.askWith("", keeper, 1, address(0));
        uint256 much = uint256(type(uint96).max) + 1;
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.PaymentTooHigh.selector, much - 1, much));
        dapp.askWith("", address(0), much, address(0));
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.NoRoute.selector, LLM, 3));
        dapp.ask("question", 3, 0, address(0));
    }

    function test_unknown_subscriptions_and_wrong_intervals_are_refused() public {
        vm.expectRevert(IInfernetCoordinator.SubscriptionNotFound.selector);
        coordinator.poke(1, 1);
        vm.expectRevert(IInfernetCoordinator.SubscriptionNotFound.selector);
        coordinator.priceOf(1);
        uint32 id = dapp.ask("question", 2, 0, address(0));
        vm.expectRevert(IInfernetCoordinator.IntervalMismatch.selector);
        coordinator.poke(id, 2);
    }

    function test_only_the_coordinator_hands_over() public {
        vm.expectRevert(BaseConsumer.NotCoordinator.selector);
        dapp.rawReceiveCompute(1, 1, 1, address(this), "", "", "", 0, 0);
    }

    function testFuzz_text_arrives_as_it_was_sent(string calldata prompt, string calldata reply) public {
        vm.assume(bytes(prompt).length <= 4_096 && bytes(reply).length <= 512);
        uint32 id = dapp.ask(prompt, 2, 0, address(0));
        poke(id, 1, 1 ether);
        assertEq(string(sentInput), prompt);
        deliver(answerTo(bytes(reply)));
        assertEq(dapp.received(), 1);
        assertEq(dapp.text(), reply);
    }

    function testFuzz_all_of_a_payment_is_fees(uint96 payment, uint16 bps) public {
        payment = uint96(bound(payment, MINIMUM + PROTOCOL_FEE, type(uint96).max));
        bps = uint16(bound(bps, 0, 10_000));
        vm.startPrank(router);
        coordinator.addRoute("share", withShare(bps));
        vm.stopPrank();
        uint32 id = coordinator.createSubscription("share", 1, 0, 2, false, address(0), 0, address(0), address(0));
        giveInput(abi.encode("q"));
        deal(keeper, payment);
        poke(id, 1, payment);
        assertEq(total(sent), payment);
        assertEq(sent.relayFee, uint256(payment - PROTOCOL_FEE) * bps / 10_000);
        assertEq(address(coordinator).balance, 0);
    }

    function redeliverExternally(bytes calldata output) external {
        redeliver(output);
    }

    function giveInput(bytes memory input) private {
        bytes memory call = abi.encodeWithSelector(IInfernetConsumer.getContainerInputs.selector);
        vm.mockCall(address(this), call, abi.encode(input));
    }

    function declined(uint8 status) private view returns (Item memory item) {
        item = answer(sent, status, "", 2);
        item.context = sentContext;
    }

    function withMinimum(uint96 minimum) private view returns (Route memory it) {
        it = route();
        it.minimum = minimum;
    }

    function withShare(uint16 bps) private view returns (Route memory it) {
        it = route();
        it.relayBps = bps;
    }
}
