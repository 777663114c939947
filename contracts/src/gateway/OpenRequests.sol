// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {StateWord} from "../libraries/StateWord.sol";
import {RequestState} from "../types/Lifecycle.sol";
import {Terms} from "../types/Terms.sol";
import {Requests} from "./Requests.sol";

/// @notice What can be done with a request that waits for its result.
abstract contract OpenRequests is Requests {
    using StateWord for uint256;

    /// @inheritdoc IInferenceGateway
    uint40 public constant override CANCEL_GRACE = 1 hours;

    /// @inheritdoc IInferenceGateway
    function topUp(Terms calldata terms, uint96 amount) external payable override {
        if (_outlet.paused) revert IsPaused();
        (bytes32 id, uint256 word) = _openWord(terms);
        if (_isClosed(word)) revert Closed(id, word.closeAt());
        if (amount == 0) revert ZeroAmount();
        uint96 sum = word.topUp() + amount;
        stateOf[id] = word.withTopUp(sum);
        emit RequestToppedUp(id, msg.sender, amount, sum);
        bool native = terms.feeToken == NATIVE;
        _takeValue(native ? amount : 0);
        if (!native) _draw(terms.feeToken, msg.sender, amount);
    }

    /// @inheritdoc IInferenceGateway
    function cancel(Terms calldata terms) external override {
        if (terms.requester != msg.sender) revert NotRequester(terms.requester, msg.sender);
        (bytes32 id, uint256 word) = _openWord(terms);
        uint40 closeAt = uint40(block.timestamp) + CANCEL_GRACE;
        if (word.closeAt() <= closeAt) revert AlreadyClosing(id, word.closeAt());
        stateOf[id] = word.withTime(closeAt);
        emit RequestCancelled(id, closeAt);
    }

    /// @inheritdoc IInferenceGateway
    function expire(Terms calldata terms) external override {
        (bytes32 id, uint256 word) = _openWord(terms);
        if (!_isClosed(word)) revert NotClosed(id, word.closeAt(), uint40(block.timestamp));
        stateOf[id] = StateWord.expired();
        uint256 amount = _total(terms) + word.topUp();
        emit RequestExpired(id, terms.refundTo, amount);
        _refund(terms, amount);
    }

    function _refund(Terms memory terms, uint256 amount) internal {
        if (amount == 0) return;
        _credit(_credits[terms.feeToken], terms.refundTo, amount);
        emit Credited(terms.feeToken, terms.refundTo, amount);
    }

    /// @dev The one line between a result that is paid and a refund: they exclude each other.
    function _isClosed(uint256 word) internal view returns (bool) {
        return block.timestamp > word.closeAt();
    }

    function _openWord(Terms calldata terms) private view returns (bytes32 id, uint256 word) {
        id = _idOf(terms);
        word = stateOf[id];
        if (word.state() != RequestState.Open) revert NotOpen(id, uint8(word.state()));
    }
}
