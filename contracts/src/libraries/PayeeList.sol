// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Reads the payees a verifier returned. `abi.decode` would revert on a verifier's rubbish, and with it the
/// whole message.
library PayeeList {
    /// @notice Most payees a result can have.
    uint256 internal constant MAX = 32;
    /// @notice Length of an encoded list of `MAX`: offset, count and the addresses.
    uint256 internal constant MAX_BYTES = 64 + 32 * MAX;

    /// @notice The payees, or an empty list where `returned` is not exactly the canonical encoding of 1 to `MAX`
    /// non-zero addresses. The list is the memory of `returned`, not a copy of it.
    /// @dev Assembly because Solidity has no other way to take bytes for a list; an encoded list is laid out like one in
    /// memory.
    function decode(bytes memory returned) internal pure returns (address[] memory payees) {
        assembly ("memory-safe") {
            let size := mload(returned)
            let count := mload(add(returned, 0x40))
            // Where `size` is less than 96, `count` may be what lies behind it; the count that fits `size` is then 0.
            let good := and(eq(mload(add(returned, 0x20)), 0x20), eq(size, add(0x40, shl(5, count))))
            good := and(good, and(gt(count, 0), iszero(gt(count, MAX))))
            if good {
                let last := add(returned, add(0x40, shl(5, count)))
                for { let at := add(returned, 0x60) } iszero(gt(at, last)) { at := add(at, 0x20) } {
                    let word := mload(at)
                    good := and(good, and(gt(word, 0), iszero(shr(160, word))))
                }
                if good { payees := add(returned, 0x40) }
            }
        }
    }
}
