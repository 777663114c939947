// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Reads packed big-endian fields. The caller has checked the length once for all fields; what a word reads
/// beyond the field is cut off by the cast that follows.
library CalldataWord {
    function word(bytes calldata data, uint256 pos) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(add(data.offset, pos))
        }
    }

    function prefix(bytes calldata data, uint256 pos) internal pure returns (uint256) {
        return uint32(bytes4(word(data, pos)));
    }

    /// @notice keccak256 of all of it.
    /// @dev Assembly because Solidity allocates and keeps the copy that is hashed.
    function hash(bytes calldata data) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            calldatacopy(at, data.offset, data.length)
            digest := keccak256(at, data.length)
        }
    }
}
