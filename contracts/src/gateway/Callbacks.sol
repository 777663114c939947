// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceConsumer} from "../interfaces/IInferenceConsumer.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {CalldataWord} from "../libraries/CalldataWord.sol";
import {SettledResult} from "../libraries/SettledResult.sol";
import {StateWord} from "../libraries/StateWord.sol";
import {AnswerStatus, RequestState} from "../types/Lifecycle.sol";
import {Result} from "../types/Result.sol";
import {Terms} from "../types/Terms.sol";
import {OpenRequests} from "./OpenRequests.sol";

/// @notice Brings settled results to their consumers: when they are settled, when their output is revealed, and again
/// where that failed.
abstract contract Callbacks is OpenRequests {
    using CalldataWord for bytes;
    using StateWord for uint256;

    /// @dev Most bytes kept of revert data: a selector and four words.
    uint256 internal constant MAX_REASON = 132;
    /// @dev Left when a verifier or a callback burns all its gas: enough to record that and go on.
    uint256 internal constant RESERVE = 15_000;

    /// @inheritdoc IInferenceGateway
    function reveal(
        Terms calldata terms,
        Result calldata result,
        bytes calldata output,
        bytes calldata context
    )
        external
        override
    {
        (bytes32 id, uint256 word) = _settledWord(terms, result);
        if (!word.has(StateWord.OUTPUT_AWAITED)) revert NothingToReveal(id);
        stateOf[id] = word & ~StateWord.OUTPUT_AWAITED;
        _checkOutput(result, output);
        emit OutputRevealed(id, output);
        _callBackIfAsked(id, terms, result.status, context, output, _isFinal(word));
    }

    /// @inheritdoc IInferenceGateway
    function retryCallback(
        Terms calldata terms,
        Result calldata result,
        bytes calldata output,
        bytes calldata context
    )
        external
        override
    {
        (bytes32 id, uint256 word) = _settledWord(terms, result);
        if (!word.has(StateWord.CALLBACK_FAILED)) revert NothingToRetry(id);
        // Before the call, so that the consumer cannot have itself called twice.
        stateOf[id] = word & ~StateWord.CALLBACK_FAILED;
        _checkContext(terms, context);
        if (result.status == uint8(AnswerStatus.Ok)) _checkOutput(result, output);
        bytes calldata shown = result.status == uint8(AnswerStatus.Ok) ? output : output[:0];
        bytes memory call = abi.encodeCall(
            IInferenceConsumer.onInference, (id, terms.requester, context, result.status, shown, _isFinal(word))
        );
        uint256 left = BoundedCall.mostGas(RESERVE);
        uint256 gasGiven = left > terms.callbackGasLimit ? left : terms.callbackGasLimit;
        (bool ok, bytes memory returned) = BoundedCall.call(terms.consumer, gasGiven, RESERVE, call, MAX_REASON);
        if (!ok || terms.consumer.code.length == 0) revert RetryFailed(id, returned);
        emit CallbackSucceeded(id);
    }

    /// @dev A consumer that reverts is recorded and undoes nothing.
    function _callBack(
        bytes32 id,
        Terms memory terms,
        uint8 status,
        bytes calldata context,
        bytes calldata output,
        bool isFinal
    )
        internal
    {
        bytes memory call =
            abi.encodeCall(IInferenceConsumer.onInference, (id, terms.requester, context, status, output, isFinal));
        (bool ok, bytes memory returned) =
            BoundedCall.call(terms.consumer, terms.callbackGasLimit, RESERVE, call, MAX_REASON);
        // A call to no code succeeds; nobody has taken the answer, though.
        if (ok && terms.consumer.code.length > 0) {
            emit CallbackSucceeded(id);
        } else {
            stateOf[id] |= StateWord.CALLBACK_FAILED;
            emit CallbackFailed(id, returned);
        }
    }

    function _callBackIfAsked(
        bytes32 id,
        Terms memory terms,
        uint8 status,
        bytes calldata context,
        bytes calldata output,
        bool isFinal
    )
        internal
    {
        if (terms.callbackGasLimit == 0) return;
        _checkContext(terms, context);
        _callBack(id, terms, status, context, output, isFinal);
    }

    /// @return id The request
    /// @return word Its state, which is of just this result
    function _settledWord(
        Terms calldata terms,
        Result calldata result
    )
        internal
        view
        returns (bytes32 id, uint256 word)
    {
        id = _idOf(terms);
        word = stateOf[id];
        RequestState state = word.state();
        bool has = state == RequestState.Pending || state == RequestState.Delivered || state == RequestState.Declined;
        if (!has || !word.isOf(_digest(state, result))) revert ResultMismatch(id);
    }

    /// @dev Who is still to be paid is in it only while that is open, so that a settled one needs no more than its answer.
    function _digest(RequestState state, Result memory result) internal pure returns (bytes32) {
        if (state == RequestState.Pending) return keccak256(abi.encode(result));
        return SettledResult.digest(result);
    }

    function _checkOutput(Result calldata result, bytes calldata output) internal pure {
        bytes32 outputHash = output.hash();
        if (outputHash != result.outputHash) revert OutputHashMismatch(result.outputHash, outputHash);
    }

    function _checkContext(Terms memory terms, bytes calldata context) private pure {
        bytes32 contextHash = context.hash();
        if (contextHash != terms.contextHash) revert ContextHashMismatch(terms.contextHash, contextHash);
    }

    function _isFinal(uint256 word) private pure returns (bool) {
        return word.state() != RequestState.Pending;
    }
}
