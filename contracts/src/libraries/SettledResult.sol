// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Result} from "../types/Result.sol";

/// @notice What a settled result leaves behind: its digest in the state word, and `ResultDelivered`.
/// @dev Assembly copies members and payees as they lie in memory; Solidity's encoder masks and moves them one by one,
/// twice.
library SettledResult {
    bytes32 private constant TOPIC =
        keccak256("ResultDelivered(bytes32,uint8,bytes32,bytes32,address,address[],bytes,uint8,bool)");

    /// @notice keccak256(abi.encode(status, outputHash, evidenceHash, payees)).
    function digest(Result memory result) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mcopy(at, result, 0x60)
            mstore(add(at, 0x60), 0x80)
            let payees := mload(add(result, 0xa0))
            let size := add(0x20, shl(5, mload(payees)))
            mcopy(add(at, 0x80), payees, size)
            hash := keccak256(at, add(0x80, size))
        }
    }

    /// @notice Emits `ResultDelivered`.
    function announce(bytes32 id, Result memory result, bytes calldata output, uint8 level, bool isFinal) internal {
        bytes32 topic = TOPIC;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mcopy(at, result, 0x60)
            mstore(add(at, 0x60), 0xe0)
            mstore(add(at, 0xa0), and(level, 0xff))
            mstore(add(at, 0xc0), iszero(iszero(isFinal)))
            let payees := mload(add(result, 0xa0))
            let size := add(0x20, shl(5, mload(payees)))
            mcopy(add(at, 0xe0), payees, size)
            let to := add(add(at, 0xe0), size)
            mstore(add(at, 0x80), sub(to, at))
            // The last word first, so that what the copy leaves of it is zero.
            let padded := and(add(output.length, 0x1f), not(0x1f))
            mstore(add(to, padded), 0)
            mstore(to, output.length)
            calldatacopy(add(to, 0x20), output.offset, output.length)
            log3(at, add(sub(to, at), add(0x20, padded)), topic, id, mload(add(result, 0x60)))
        }
    }
}
