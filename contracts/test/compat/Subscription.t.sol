// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInfernetCoordinator} from "../../src/compat/interfaces/IInfernetCoordinator.sol";
import {IInfernetInbox} from "../../src/compat/interfaces/IInfernetInbox.sol";
import {Subscription} from "../../src/compat/types/Subscription.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {WatchesModel} from "./support/InfernetConsumers.sol";
import {InfernetTest} from "./support/InfernetTest.sol";

/// @notice Recurring subscriptions, eager and lazy.
contract SubscriptionCompatTest is InfernetTest {
    uint32 private constant PERIOD = 1 hours;

    WatchesModel private dapp;
    uint256 private start;

    function setUp() public override {
        super.setUp();
        dapp = new WatchesModel(address(coordinator), address(0));
        approve(address(dapp));
        start = block.timestamp;
    }

    function test_each_interval_is_asked_and_answered_once() public {
        uint32 id = dapp.watch(2, PERIOD, false, OFFER / 2, address(wallet));
        vm.warp(start + PERIOD - 1);
        vm.expectRevert(IInfernetCoordinator.SubscriptionNotActive.selector);
        coordinator.poke(id, 1);
        vm.warp(start + PERIOD);
        bytes32 first = poke(id, 1, 0);
        assertEq(sentInput, "question one");
        vm.expectRevert(abi.encodeWithSelector(IInfernetCoordinator.AlreadyAsked.selector, first));
        coordinator.poke(id, 1);
        deliver(answerTo("one"));
        assertEq(dapp.interval(), 1);
        vm.warp(start + 2 * PERIOD);
        vm.expectRevert(IInfernetCoordinator.IntervalMismatch.selector);
        coordinator.poke(id, 1);
        poke(id, 2, 0);
        assertEq(sentInput, "question of another interval");
        deliver(answerTo("two"));
        assertEq(dapp.text(), "two");
        assertEq(dapp.received(), 2);
        vm.warp(start + 3 * PERIOD);
        vm.expectRevert(IInfernetCoordinator.SubscriptionCompleted.selector);
        coordinator.poke(id, 3);
        assertEq(address(wallet).balance, 100 ether - 2 * OFFER);
    }

    function test_an_answer_keeps_the_interval_it_was_asked_for() public {
        uint32 id = dapp.watch(5, 60, false, OFFER / 2, address(wallet));
        vm.warp(start + 60);
        poke(id, 1, 0);
        vm.warp(start + 240);
        deliver(answerTo("late"));
        assertEq(dapp.interval(), 1);
        assertEq(coordinator.redundancyCount(key(id, 1)), 2);
        assertEq(coordinator.redundancyCount(key(id, 4)), 0);
    }

    function test_lazy_answers_wait_in_the_inbox() public {
        uint32 id = dapp.watch(2, PERIOD, true, OFFER / 2, address(wallet));
        for (uint32 interval = 1; interval <= 2; ++interval) {
            vm.warp(start + interval * PERIOD);
            poke(id, interval, 0);
            vm.expectEmit(address(inbox));
            emit IInfernetInbox.NewInboxItem(LLM, address(coordinator), interval - 1);
            deliver(answerTo("kept"));
            assertEq(dapp.received(), interval);
            assertEq(dapp.input(), "", "nothing is handed over");
            assertEq(dapp.text(), "");
            assertEq(dapp.containerId(), LLM);
            assertEq(dapp.index(), interval - 1);
            IInfernetInbox.InboxItem memory item = inbox.read(LLM, address(coordinator), interval - 1);
            assertEq(abi.encode(item.timestamp, item.subscriptionId), abi.encode(block.timestamp, id));
            assertEq(item.interval, interval);
            (bytes memory raw,) = abi.decode(item.output, (bytes, bytes));
            assertEq(abi.decode(raw, (string)), "kept");
            (raw,) = abi.decode(item.input, (bytes, bytes));
            assertEq(raw, dapp.getContainerInputs(id, interval, 0, address(0)));
            assertEq(item.proof, "");
        }
    }

    function test_a_lazy_answer_a_consumer_refuses_is_not_in_the_inbox() public {
        uint32 id = dapp.watch(1, 0, true, OFFER / 2, address(wallet));
        poke(id, 1, 0);
        dapp.refuse(true);
        deliver(answerTo("kept"));
        vm.expectRevert();
        inbox.read(LLM, address(coordinator), 0);
        dapp.refuse(false);
        redeliver("kept");
        assertEq(inbox.read(LLM, address(coordinator), 0).subscriptionId, id);
    }

    function test_a_cancelled_subscription_is_neither_asked_nor_answered() public {
        uint32 id = dapp.watch(5, PERIOD, false, OFFER / 2, address(wallet));
        vm.warp(start + PERIOD);
        bytes32 requestId = poke(id, 1, 0);
        vm.expectEmit(address(coordinator));
        emit IInfernetCoordinator.SubscriptionCancelled(id);
        dapp.stop(id);
        dapp.stop(id);
        assertEq(coordinator.getSubscription(id).activeAt, type(uint32).max);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackFailed(
            requestId, abi.encodeWithSelector(IInfernetCoordinator.SubscriptionNotActive.selector)
        );
        deliver(answerTo("too late"));
        assertEq(dapp.received(), 0);
        vm.expectRevert(IInfernetCoordinator.SubscriptionNotActive.selector);
        coordinator.poke(id, 1);
    }

    function test_only_the_owner_cancels() public {
        uint32 id = dapp.watch(5, PERIOD, false, 0, address(0));
        vm.expectRevert(IInfernetCoordinator.NotSubscriptionOwner.selector);
        coordinator.cancelSubscription(id);
        vm.expectRevert(IInfernetCoordinator.NotSubscriptionOwner.selector);
        coordinator.cancelSubscription(id + 1);
    }

    function test_readers_see_what_was_created() public {
        uint32 id = dapp.watch(5, PERIOD, true, 7, address(wallet));
        Subscription memory sub = coordinator.getSubscription(id);
        assertEq(
            keccak256(abi.encode(sub)),
            keccak256(
                abi.encode(
                    Subscription({
                        owner: address(dapp),
                        activeAt: uint32(start) + PERIOD,
                        period: PERIOD,
                        frequency: 5,
                        redundancy: 2,
                        containerId: LLM,
                        lazy: true,
                        verifier: address(0),
                        paymentAmount: 7,
                        paymentToken: address(0),
                        wallet: address(wallet)
                    })
                )
            )
        );
        Subscription[] memory batch = coordinator.readSubscriptionBatch(id, id + 2);
        assertEq(batch.length, 2);
        assertEq(batch[0].owner, address(dapp));
        assertEq(batch[1].owner, address(0));
        vm.warp(start + PERIOD);
        poke(id, 1, 1 ether);
        deliver(answerTo("x"));
        uint32[] memory ids = new uint32[](2);
        uint32[] memory intervals = new uint32[](2);
        (ids[0], ids[1], intervals[0], intervals[1]) = (id, id, 1, 2);
        uint16[] memory counts = coordinator.readRedundancyCountBatch(ids, intervals);
        assertEq(counts[0], 2);
        assertEq(counts[1], 0);
    }

    function testFuzz_intervals_are_infernets(uint32 period, uint32 frequency, uint32 elapsed) public {
        period = uint32(bound(period, 0, 30 days));
        elapsed = uint32(bound(elapsed, 0, 5 * 365 days));
        frequency = uint32(bound(frequency, 0, 1_000));
        uint32 id = dapp.watch(frequency, period, false, OFFER / 2, address(wallet));
        vm.warp(start + elapsed);
        if (elapsed < period) {
            vm.expectRevert(IInfernetCoordinator.SubscriptionNotActive.selector);
            coordinator.poke(id, 1);
            return;
        }
        uint32 interval = period == 0 ? 1 : (elapsed - period) / period + 1;
        assertEq(coordinator.getSubscriptionInterval(uint32(start) + period, period), interval);
        if (interval > frequency) {
            vm.expectRevert(IInfernetCoordinator.SubscriptionCompleted.selector);
            coordinator.poke(id, interval);
            return;
        }
        poke(id, interval, 0);
        deliver(answerTo("x"));
        assertEq(dapp.interval(), interval);
    }
}
