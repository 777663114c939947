// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {StateWord} from "../libraries/StateWord.sol";
import {AnswerStatus, RequestState} from "../types/Lifecycle.sol";
import {Result} from "../types/Result.sol";
import {Terms} from "../types/Terms.sol";
import {Callbacks} from "./Callbacks.sol";

/// @notice Turns a result that was vouched for into payments or a refund: at once, or after the policy's window, in
/// which the policy's verifier may overturn it. The game that decides about a dispute, and its bonds, are the
/// verifier's; here only its outcome counts, and a dispute nobody rules on refunds the requester.
abstract contract Settlement is Callbacks {
    using StateWord for uint256;

    /// @inheritdoc IInferenceGateway
    function finalize(
        Terms calldata terms,
        Result calldata result,
        bytes calldata output,
        bytes calldata context
    )
        external
        override
    {
        (bytes32 id, uint256 word) = _pendingWord(terms, result);
        if (block.timestamp <= word.finalAt()) revert NotFinalYet(id, word.finalAt(), uint40(block.timestamp));
        if (word.has(StateWord.DISPUTED)) return _overturn(id, terms, result, context);
        bool byHash = terms.outputMode == OUTPUT_HASH;
        _settle(id, RequestState.Delivered, result, byHash ? StateWord.OUTPUT_AWAITED : 0, uint40(block.timestamp));
        emit ResultFinalized(id);
        _pay(terms, result);
        if (byHash || terms.callbackGasLimit == 0) return;
        _checkOutput(result, output);
        _callBackIfAsked(id, terms, result.status, context, output, true);
    }

    /// @inheritdoc IInferenceGateway
    function dispute(Terms calldata terms) external override {
        (bytes32 id, uint256 word, uint32 window) = _forVerifier(terms);
        if (word.has(StateWord.DISPUTED | StateWord.UPHELD)) revert AlreadyDisputed(id);
        uint40 finalAt = uint40(block.timestamp) + window;
        stateOf[id] = (word | StateWord.DISPUTED).withTime(finalAt);
        emit ResultDisputed(id, finalAt);
    }

    /// @inheritdoc IInferenceGateway
    function uphold(Terms calldata terms) external override {
        (bytes32 id, uint256 word,) = _forVerifier(terms);
        if (!word.has(StateWord.DISPUTED)) revert NotDisputed(id);
        stateOf[id] = word & ~StateWord.DISPUTED | StateWord.UPHELD;
        emit ResultUpheld(id);
    }

    /// @inheritdoc IInferenceGateway
    function overturn(Terms calldata terms, Result calldata result, bytes calldata context) external override {
        (bytes32 id,,) = _forVerifier(terms);
        _pendingWord(terms, result);
        _overturn(id, terms, result, context);
    }

    function _settle(bytes32 id, RequestState state, Result memory result, uint256 flags, uint40 finalAt) internal {
        stateOf[id] = StateWord.settled(state, finalAt, _digest(state, result)) | flags;
    }

    /// @dev What does not divide goes to the first payee, so that the shares add up to the fee.
    function _pay(Terms memory terms, Result memory result) internal {
        address[] memory payees = result.payees;
        mapping(address account => uint256 amount) storage ledger = _credits[terms.feeToken];
        uint256 count = payees.length;
        uint256 share = terms.workerFee / count;
        // Parts of a uint96, and two of them added.
        unchecked {
            _credit(ledger, payees[0], terms.workerFee - share * (count - 1));
            for (uint256 i = 1; i < count; ++i) {
                _credit(ledger, payees[i], share);
            }
            _credit(ledger, result.relayer, uint256(terms.relayFee) + result.topUp);
        }
        if (terms.protocolFee > 0) _creditProtocol(ledger, terms.feeToken, terms.protocolFee);
    }

    /// @dev The result is kept with the status that the consumer is told, so that its callback can be run again.
    function _overturn(bytes32 id, Terms calldata terms, Result calldata result, bytes calldata context) private {
        Result memory fallen = result;
        fallen.status = uint8(AnswerStatus.Failed);
        _settle(id, RequestState.Declined, fallen, 0, uint40(block.timestamp));
        uint256 amount = _total(terms) + result.topUp;
        emit ResultOverturned(id, terms.refundTo, amount);
        _refund(terms, amount);
        _callBackIfAsked(id, terms, fallen.status, context, context[:0], true);
    }

    function _pendingWord(Terms calldata terms, Result calldata result)
        private
        view
        returns (bytes32 id, uint256 word)
    {
        (id, word) = _settledWord(terms, result);
        if (word.state() != RequestState.Pending) revert NotPending(id, uint8(word.state()));
    }

    function _forVerifier(Terms calldata terms) private view returns (bytes32 id, uint256 word, uint32 window) {
        id = _idOf(terms);
        word = stateOf[id];
        if (word.state() != RequestState.Pending) revert NotPending(id, uint8(word.state()));
        address verifier;
        (verifier, window) = _verifierOf(terms.policyId);
        if (msg.sender != verifier) revert NotVerifier(verifier, msg.sender);
        if (block.timestamp > word.finalAt()) revert WindowPassed(id, word.finalAt(), uint40(block.timestamp));
    }
}
