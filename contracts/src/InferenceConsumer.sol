// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceConsumer} from "./interfaces/IInferenceConsumer.sol";
import {IInferenceGateway} from "./interfaces/IInferenceGateway.sol";
import {Terms} from "./types/Terms.sol";

/// @notice Base of contracts that ask a gateway and take its answers. It answers only for requests it made itself:
/// anyone can name any contract as a request's consumer.
abstract contract InferenceConsumer is IInferenceConsumer {
    /// @notice What a request asks for; the rest of the terms is filled in.
    struct Question {
        bytes32 modelId;
        uint32 policyId;
        uint96 workerFee;
        uint96 relayFee;
        uint40 deadline;
        uint32 callbackGasLimit;
        address refundTo;
    }

    /// @notice Only the gateway may bring answers.
    error NotGateway(address caller);
    /// @notice This contract did not ask `id`, or has its final answer.
    error NotAsked(bytes32 id);

    /// @notice The gateway asked.
    IInferenceGateway public immutable gateway;
    mapping(bytes32 id => bool) private _asked;

    constructor(IInferenceGateway gateway_) {
        gateway = gateway_;
    }

    /// @inheritdoc IInferenceConsumer
    function onInference(
        bytes32 id,
        address requester,
        bytes calldata context,
        uint8 status,
        bytes calldata output,
        bool isFinal
    )
        external
        override
    {
        if (msg.sender != address(gateway)) revert NotGateway(msg.sender);
        if (requester != address(this) || !_asked[id]) revert NotAsked(id);
        if (isFinal) delete _asked[id];
        _onAnswer(id, context, status, output, isFinal);
    }

    /// @notice Sends a request in this contract's name and pays `value` for it: worker, relay and protocol fee,
    /// exactly.
    /// @param context Handed back with the answer
    function _ask(
        Question memory question,
        bytes memory input,
        bytes memory context,
        uint256 value
    )
        internal
        returns (bytes32 id)
    {
        id = gateway.request{value: value}(_terms(question, input, context), input, context);
        _asked[id] = true;
    }

    /// @notice What `_ask` has to be given as its value. It follows the gateway's present protocol fee: bound it where
    /// this contract pays from its own balance.
    function _price(Question memory question) internal view returns (uint256) {
        return uint256(question.workerFee) + question.relayFee + gateway.protocolFee();
    }

    /// @notice An answer to a request of this contract. `output` is empty unless `status` is 1 (ok).
    function _onAnswer(
        bytes32 id,
        bytes calldata context,
        uint8 status,
        bytes calldata output,
        bool isFinal
    )
        internal
        virtual;

    function _terms(
        Question memory question,
        bytes memory input,
        bytes memory context
    )
        private
        view
        returns (Terms memory terms)
    {
        terms.version = 1;
        terms.requester = address(this);
        terms.consumer = address(this);
        terms.refundTo = question.refundTo;
        terms.callbackGasLimit = question.callbackGasLimit;
        terms.contextHash = keccak256(context);
        terms.modelId = question.modelId;
        terms.inputHash = keccak256(input);
        terms.policyId = question.policyId;
        terms.workerFee = question.workerFee;
        terms.relayFee = question.relayFee;
        terms.protocolFee = gateway.protocolFee();
        terms.deadline = question.deadline;
    }
}
