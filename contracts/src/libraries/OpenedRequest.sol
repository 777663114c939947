// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "../types/Terms.sol";
import {TermsCodec} from "./TermsCodec.sol";

/// @notice The data of `RequestOpened`, abi.encode(terms, input, context), laid out in memory once: what is in it is
/// checked, hashed and emitted where it lies. Left to Solidity, the terms are copied word by word and the bytes three times.
library OpenedRequest {
    uint256 private constant TERMS_SIZE = 0x240;
    /// @dev Where the input's length lies: behind the terms and the two offsets.
    uint256 private constant INPUT = 0x280;

    bytes32 private constant TOPIC = keccak256(
        "RequestOpened(bytes32,uint64,(uint8,bytes32,address,address,address,uint32,bytes32,bytes32,bytes32,uint8,uint8,"
        "uint32,address,uint96,uint96,uint96,address,uint40),bytes,bytes)"
    );

    /// @notice Lays the data out; reverts, as Solidity's decoder does, where a member of the terms has bits beyond its
    /// type.
    /// @return at Where the data begins, and the terms with it: `StructAt.terms` makes them a struct
    /// @return size Length of the data
    /// @return inputHash keccak256 of the input
    /// @return contextHash keccak256 of the context
    function layOut(
        Terms calldata terms,
        bytes calldata input,
        bytes calldata context
    )
        internal
        pure
        returns (uint256 at, uint256 size, bytes32 inputHash, bytes32 contextHash)
    {
        assembly ("memory-safe") {
            // One word is left before the terms, which `TermsCodec.hash` lends to the type hash.
            at := add(mload(0x40), 0x20)
            calldatacopy(at, terms, TERMS_SIZE)
            mstore(add(at, 0x240), INPUT)
            let to := add(at, INPUT)
            // The last word first, so that what the copy leaves of it is zero.
            let padded := and(add(input.length, 0x1f), not(0x1f))
            mstore(add(to, padded), 0)
            mstore(to, input.length)
            calldatacopy(add(to, 0x20), input.offset, input.length)
            inputHash := keccak256(add(to, 0x20), input.length)
            to := add(add(to, 0x20), padded)
            mstore(add(at, 0x260), sub(to, at))
            padded := and(add(context.length, 0x1f), not(0x1f))
            mstore(add(to, padded), 0)
            mstore(to, context.length)
            calldatacopy(add(to, 0x20), context.offset, context.length)
            contextHash := keccak256(add(to, 0x20), context.length)
            to := add(add(to, 0x20), padded)
            size := sub(to, at)
            mstore(0x40, to)
        }
        TermsCodec.requireClean(at);
    }

    /// @notice Emits `RequestOpened` with what `layOut` has laid out.
    function announce(uint256 at, uint256 size, bytes32 id, uint64 seq) internal {
        bytes32 topic = TOPIC;
        assembly ("memory-safe") {
            // Solidity does not promise assembly that the bits beyond a type are zero.
            log3(at, size, topic, id, and(seq, 0xffffffffffffffff))
        }
    }
}
