// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestState, AnswerStatus} from "../../types/Lifecycle.sol";
import {Terms} from "../../types/Terms.sol";
import {IInfernetConsumer} from "../interfaces/IInfernetConsumer.sol";
import {IInfernetCoordinator} from "../interfaces/IInfernetCoordinator.sol";
import {IInfernetWallet} from "../interfaces/IInfernetWallet.sol";
import {ContainerBytes} from "../libraries/ContainerBytes.sol";
import {Route} from "../types/Route.sol";
import {Subscription} from "../types/Subscription.sol";
import {Directory} from "./Directory.sol";
import {Subscriptions} from "./Subscriptions.sol";

/// @notice Asks intervals and hands their answers over. Money passes through within `poke` only; none stays here.
abstract contract Intervals is Directory, Subscriptions {
    /// @dev What a handover needs beside the promised gas: `redeliver`'s own part before it.
    uint256 private constant OVERHEAD = 10_000;

    /// @inheritdoc IInfernetCoordinator
    mapping(bytes32 key => uint16) public override redundancyCount;
    mapping(bytes32 key => bytes32 requestId) private _requests;

    receive() external payable {
        if (!_WALLETS.isValidWallet(msg.sender)) revert NotWallet(msg.sender);
    }

    /// @inheritdoc IInfernetCoordinator
    function poke(uint32 subscriptionId, uint32 interval) external payable override returns (bytes32 requestId) {
        Subscription memory sub = _existing(subscriptionId);
        bytes32 key = _checkInterval(sub, subscriptionId, interval);
        bytes memory given = IInfernetConsumer(sub.owner)
            .getContainerInputs(subscriptionId, interval, uint32(block.timestamp), msg.sender);
        Route memory route = routeOf(sub.containerId, sub.redundancy);
        uint96 protocolFee = gateway.protocolFee();
        (uint256 total, address payer) = _takePayment(sub, uint256(route.minimum) + protocolFee);
        uint256 rest = total - protocolFee;
        if (rest > type(uint96).max) revert PaymentTooHigh(type(uint96).max, rest);
        uint96 relayFee = uint96(rest * route.relayBps / BPS);
        requestId = _ask(
            Question({
                modelId: route.modelId,
                policyId: route.policyId,
                workerFee: uint96(rest) - relayFee,
                relayFee: relayFee,
                deadline: uint40(block.timestamp) + route.ttl,
                callbackGasLimit: route.callbackGas,
                refundTo: payer
            }),
            ContainerBytes.forModel(route.shape, given),
            ContainerBytes.context(subscriptionId, interval, given),
            total
        );
        _requests[key] = requestId;
        emit IntervalAsked(subscriptionId, interval, requestId, payer);
    }

    /// @inheritdoc IInfernetCoordinator
    function redeliver(
        Terms calldata terms,
        bytes calldata context,
        bytes32 evidenceHash,
        address[] calldata payees,
        bytes calldata output
    )
        external
        override
    {
        bytes32 requestId = gateway.idOf(terms);
        uint256 word = gateway.stateOf(requestId);
        bytes32 answer = keccak256(abi.encode(uint8(AnswerStatus.Ok), keccak256(output), evidenceHash, payees));
        bool settledSo = terms.requester == address(this) && keccak256(context) == terms.contextHash
            && uint8(word) == uint8(RequestState.Delivered) && uint200(word >> 56) == uint200(uint256(answer));
        if (!settledSo) revert NotAnswered(requestId);
        // Whoever hands over chooses the gas; with less than was promised, a consumer that catches its own failures
        // could be made to see one.
        uint256 required = uint256(terms.callbackGasLimit) + terms.callbackGasLimit / 63 + OVERHEAD;
        uint256 available = gasleft();
        if (available < required) revert TooLittleGas(required, available);
        _handOver(context, output);
    }

    /// @inheritdoc IInfernetCoordinator
    function requestOf(uint32 subscriptionId, uint32 interval) external view override returns (bytes32) {
        return _requests[_key(subscriptionId, interval)];
    }

    /// @inheritdoc IInfernetCoordinator
    function priceOf(uint32 subscriptionId) external view override returns (uint256) {
        Subscription memory sub = _existing(subscriptionId);
        uint256 least = uint256(routeOf(sub.containerId, sub.redundancy).minimum) + gateway.protocolFee();
        return _max(_offer(sub), least);
    }

    /// @inheritdoc IInfernetCoordinator
    function readRedundancyCountBatch(
        uint32[] calldata ids,
        uint32[] calldata intervals
    )
        external
        view
        override
        returns (uint16[] memory counts)
    {
        counts = new uint16[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            counts[i] = redundancyCount[_key(ids[i], intervals[i])];
        }
    }

    /// @dev A provisional answer is left alone: Infernet's consumers know none, and the final one comes too.
    function _onAnswer(
        bytes32 requestId,
        bytes calldata context,
        uint8 status,
        bytes calldata output,
        bool isFinal
    )
        internal
        override
    {
        if (!isFinal) return;
        if (status == uint8(AnswerStatus.Ok)) return _handOver(context, output);
        (uint32 subscriptionId, uint32 interval,) = abi.decode(context, (uint32, uint32, bytes));
        emit IntervalDeclined(subscriptionId, interval, requestId, status);
    }

    /// @dev Both callers have checked that the answer is one to a request of ours. What the consumer reverts with, this
    /// reverts with: the gateway records it, and the answer can be handed over again.
    function _handOver(bytes calldata context, bytes calldata output) private {
        (uint32 subscriptionId, uint32 interval, bytes memory input) = abi.decode(context, (uint32, uint32, bytes));
        Subscription memory sub = _subscriptions[subscriptionId];
        if (sub.activeAt == NEVER) revert SubscriptionNotActive();
        bytes32 key = _key(subscriptionId, interval);
        if (redundancyCount[key] != 0) revert IntervalCompleted();
        redundancyCount[key] = sub.redundancy;
        bytes memory shaped = ContainerBytes.forConsumer(routeOf(sub.containerId, sub.redundancy).shape, output);
        IInfernetConsumer consumer = IInfernetConsumer(sub.owner);
        if (sub.lazy) {
            uint256 index =
                _INBOX.writeViaCoordinator(sub.containerId, address(this), subscriptionId, interval, input, shaped, "");
            consumer.rawReceiveCompute(
                subscriptionId, interval, sub.redundancy, address(this), "", "", "", sub.containerId, index
            );
        } else {
            consumer.rawReceiveCompute(
                subscriptionId, interval, sub.redundancy, address(this), input, shaped, "", bytes32(0), 0
            );
        }
        emit SubscriptionFulfilled(subscriptionId, address(this));
    }

    /// @return total What was paid: by the caller if it sent value, else by the subscription's wallet
    function _takePayment(Subscription memory sub, uint256 least) private returns (uint256 total, address payer) {
        uint256 offer = _offer(sub);
        if (msg.value > 0) {
            // Not less than the wallet would pay: nobody can take an interval by asking it for less.
            uint256 price = _max(offer, least);
            if (msg.value < price) revert PaymentTooLow(price, msg.value);
            return (msg.value, msg.sender);
        }
        if (offer < least) revert PaymentTooLow(least, offer);
        if (offer == 0) return (0, msg.sender);
        if (!_WALLETS.isValidWallet(sub.wallet)) revert InvalidWallet();
        IInfernetWallet(sub.wallet).cTransfer(sub.owner, address(0), address(this), offer);
        return (offer, sub.wallet);
    }

    function _existing(uint32 subscriptionId) private view returns (Subscription memory sub) {
        sub = _subscriptions[subscriptionId];
        if (sub.owner == address(0)) revert SubscriptionNotFound();
    }

    /// @dev Infernet's checks of a delivery, in its order.
    function _checkInterval(
        Subscription memory sub,
        uint32 subscriptionId,
        uint32 interval
    )
        private
        view
        returns (bytes32 key)
    {
        if (uint32(block.timestamp) < sub.activeAt) revert SubscriptionNotActive();
        if (getSubscriptionInterval(sub.activeAt, sub.period) != interval) revert IntervalMismatch();
        if (interval > sub.frequency) revert SubscriptionCompleted();
        key = _key(subscriptionId, interval);
        if (redundancyCount[key] != 0) revert IntervalCompleted();
        bytes32 before = _requests[key];
        if (before == 0) return key;
        uint8 state = uint8(gateway.stateOf(before));
        bool refunded = state == uint8(RequestState.Declined) || state == uint8(RequestState.Expired);
        if (!refunded) revert AlreadyAsked(before);
    }

    function _offer(Subscription memory sub) private pure returns (uint256) {
        return sub.paymentAmount * sub.redundancy;
    }

    function _key(uint32 subscriptionId, uint32 interval) private pure returns (bytes32) {
        return keccak256(abi.encode(subscriptionId, interval));
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
