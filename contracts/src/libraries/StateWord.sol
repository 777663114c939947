// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RequestState} from "../types/Lifecycle.sol";

/// @notice The one word kept per request; the layout is `IInferenceGateway.stateOf`'s.
/// @dev From the lowest byte: state 8 | flags 8 | open: closeAt 40, topUp 96 | settled: finalAt 40, digest 200.
/// Two settlements with the same 200 bits would take some 2^100 hashes to find.
library StateWord {
    /// @notice Flag: the callback failed and may be run again.
    uint256 internal constant CALLBACK_FAILED = 1 << 8;

    /// @notice Flag: the result was settled by the hash of its output, which nobody has revealed yet.
    uint256 internal constant OUTPUT_AWAITED = 2 << 8;
    /// @notice Flag: the policy's verifier disputes the pending result.
    uint256 internal constant DISPUTED = 4 << 8;
    /// @notice Flag: a dispute about the pending result was ruled on. There is no second one, or the fees could be held for
    /// ever by disputing again and again.
    uint256 internal constant UPHELD = 8 << 8;

    uint256 private constant TIME = uint256(type(uint40).max) << 16;

    function open(uint40 closeAt_) internal pure returns (uint256) {
        return uint256(RequestState.Open) | uint256(closeAt_) << 16;
    }

    function settled(RequestState state_, uint40 finalAt_, bytes32 digest) internal pure returns (uint256) {
        return uint256(state_) | uint256(finalAt_) << 16 | uint256(digest) << 56;
    }

    function expired() internal pure returns (uint256) {
        return uint256(RequestState.Expired);
    }

    function state(uint256 word) internal pure returns (RequestState) {
        return RequestState(uint8(word));
    }

    function closeAt(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 16);
    }

    function finalAt(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 16);
    }

    /// @notice The word with another `closeAt` or `finalAt`.
    function withTime(uint256 word, uint40 time_) internal pure returns (uint256) {
        return word & ~TIME | uint256(time_) << 16;
    }

    function topUp(uint256 word) internal pure returns (uint96) {
        return uint96(word >> 56);
    }

    function withTopUp(uint256 word, uint96 topUp_) internal pure returns (uint256) {
        return uint56(word) | uint256(topUp_) << 56;
    }

    function has(uint256 word, uint256 flag) internal pure returns (bool) {
        return word & flag != 0;
    }

    /// @notice Whether a pending or settled word was written for a result with this digest.
    function isOf(uint256 word, bytes32 digest) internal pure returns (bool) {
        return word >> 56 == uint256(uint200(uint256(digest)));
    }
}
