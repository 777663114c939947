// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";

/// @notice Calls code nobody vouches for: with exactly the gas it was promised, and copying no more of what it returns
/// than asked for.
library BoundedCall {
    /// @dev What the EVM takes between the check and the callee's first instruction: a cold account (2,600), another
    /// where the first delegates to it (EIP-7702), and a few stack operations.
    uint256 private constant OVERHEAD = 6_000;
    /// @dev What passes between `mostGas` and the check in `call`, in unoptimised code too, as coverage needs it.
    uint256 private constant CHECK = 3_000;

    /// @notice Calls `target` with exactly `gasPromised`.
    /// @param reserve Gas that must be left when the callee burns all it was given
    /// @param maxReturn Most bytes copied of what it returns or reverts with
    function call(
        address target,
        uint256 gasPromised,
        uint256 reserve,
        bytes memory data,
        uint256 maxReturn
    )
        internal
        returns (bool ok, bytes memory returned)
    {
        _requireGas(gasPromised, reserve);
        assembly ("memory-safe") {
            ok := call(gasPromised, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
        returned = _returned(maxReturn);
    }

    /// @notice The same by static call.
    function staticCall(
        address target,
        uint256 gasPromised,
        uint256 reserve,
        bytes memory data,
        uint256 maxReturn
    )
        internal
        view
        returns (bool ok, bytes memory returned)
    {
        _requireGas(gasPromised, reserve);
        assembly ("memory-safe") {
            ok := staticcall(gasPromised, target, add(data, 0x20), mload(data), 0, 0)
        }
        returned = _returned(maxReturn);
    }

    /// @notice The most that `call` can promise now.
    function mostGas(uint256 reserve) internal view returns (uint256) {
        uint256 available = gasleft();
        uint256 kept = OVERHEAD + CHECK + reserve;
        return available > kept ? (available - kept) * 63 / 64 : 0;
    }

    /// @dev A call passes on at most 63/64 of what is left and gives the callee less without saying so. So the promise
    /// is kept only if the rest is at least 1/63 of it.
    function _requireGas(uint256 gasPromised, uint256 reserve) private view {
        // Amounts of gas, all below 2^64.
        unchecked {
            uint256 required = gasPromised + gasPromised / 63 + OVERHEAD + reserve;
            uint256 available = gasleft();
            if (available < required) revert IInferenceGateway.InsufficientGas(required, available);
        }
    }

    function _returned(uint256 maxReturn) private pure returns (bytes memory data) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, maxReturn) { size := maxReturn }
            data := mload(0x40)
            mstore(data, size)
            returndatacopy(add(data, 0x20), 0, size)
            mstore(0x40, and(add(add(data, size), 0x3f), not(0x1f)))
        }
    }
}
