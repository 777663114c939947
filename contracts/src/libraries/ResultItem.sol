// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CalldataWord} from "./CalldataWord.sol";

/// @notice One result as it travels: terms | status 1 | outputHash 32 | evidenceHash 32 | relayer 20 | context, output,
/// proof, each behind a uint32 length. Everything but `split` relies on it having said that they fit; none of it can revert
/// then.
library ResultItem {
    using CalldataWord for bytes;

    // Literals, because Solidity would add up expressions each time.
    uint256 private constant STATUS = 280;
    uint256 private constant OUTPUT_HASH = 281;
    uint256 private constant EVIDENCE_HASH = 313;
    uint256 private constant RELAYER = 345;
    uint256 private constant CONTEXT = 365;

    /// @notice Cuts out the three sections; what they hold means something only if the lengths fit the bytes exactly.
    /// @dev Assembly because a slice would check again what `fits` says, and because a carry is impossible: positions are
    /// below 2^35.
    function split(bytes calldata item)
        internal
        pure
        returns (bool fits, bytes calldata context, bytes calldata output, bytes calldata proof)
    {
        assembly ("memory-safe") {
            // Reading past the item is harmless, since then it does not end where the last section does.
            let at := add(item.offset, CONTEXT)
            context.length := shr(224, calldataload(at))
            context.offset := add(at, 4)
            at := add(context.offset, context.length)
            output.length := shr(224, calldataload(at))
            output.offset := add(at, 4)
            at := add(output.offset, output.length)
            proof.length := shr(224, calldataload(at))
            proof.offset := add(at, 4)
            fits := eq(add(proof.offset, proof.length), add(item.offset, item.length))
        }
    }

    function status(bytes calldata item) internal pure returns (uint8) {
        return uint8(bytes1(item.word(STATUS)));
    }

    function outputHash(bytes calldata item) internal pure returns (bytes32) {
        return item.word(OUTPUT_HASH);
    }

    function evidenceHash(bytes calldata item) internal pure returns (bytes32) {
        return item.word(EVIDENCE_HASH);
    }

    function relayer(bytes calldata item) internal pure returns (address) {
        return address(bytes20(item.word(RELAYER)));
    }
}
