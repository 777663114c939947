// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProofVerifier} from "../interfaces/IProofVerifier.sol";

/// @notice The calldata of `IProofVerifier.verify`, laid out once: policy, terms and claim have only members of one
/// word, which lie in memory as in the ABI, so they are written where the call reads them (see `StructAt`). Left to
/// Solidity, their 30 words are zeroed, written and then copied one by one.
library VerifyCall {
    /// @notice Where the policy begins in a call that `layOut` has laid out.
    uint256 internal constant POLICY = 0x40;
    /// @notice Where the terms begin.
    uint256 internal constant TERMS = 0x100;
    /// @notice Where the claim begins.
    uint256 internal constant CLAIM = 0x340;
    /// @dev Where the proof's length lies, behind its offset.
    uint256 private constant PROOF = 0x420;

    /// @notice Lays out a call with `proof`; every word of the three structs is for the caller to write.
    /// @return at Where
    function layOut(bytes calldata proof) internal pure returns (uint256 at) {
        uint32 selector = uint32(IProofVerifier.verify.selector);
        assembly ("memory-safe") {
            at := mload(0x40)
            let padded := and(add(proof.length, 0x1f), not(0x1f))
            // The selector ends where the policy begins; the calldata's length lies before it, 4 bytes off.
            mstore(add(at, 0x20), selector)
            mstore(add(at, 0x1c), add(0x404, padded))
            mstore(add(at, 0x400), 0x3e0)
            // The last word first, so that what the copy leaves of it is zero.
            mstore(add(at, add(PROOF, padded)), 0)
            mstore(add(at, PROOF), proof.length)
            calldatacopy(add(at, 0x440), proof.offset, proof.length)
            mstore(0x40, add(at, add(0x440, padded)))
        }
    }

    /// @notice The calldata of a call that was laid out.
    function data(uint256 at) internal pure returns (bytes memory encoded) {
        assembly ("memory-safe") {
            encoded := add(at, 0x1c)
        }
    }
}
