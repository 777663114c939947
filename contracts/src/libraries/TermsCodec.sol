// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "../types/Terms.sol";

/// @notice Terms in their packed wire form, and their EIP-712 hash. wire/src/terms.ts writes the same bytes.
library TermsCodec {
    /// @notice Length of packed terms.
    uint256 internal constant LENGTH = 280;

    bytes32 internal constant TYPEHASH = keccak256(
        "Terms(uint8 version,bytes32 salt,address requester,address consumer,address refundTo,uint32 callbackGasLimit,"
        "bytes32 contextHash,bytes32 modelId,bytes32 inputHash,uint8 inputMode,uint8 outputMode,uint32 policyId,"
        "address feeToken,uint96 workerFee,uint96 relayFee,uint96 protocolFee,address relayer,uint40 deadline)"
    );

    /// @notice EIP-712 struct hash: keccak256(abi.encode(TYPEHASH, terms)). Every member is one static word, so the
    /// struct in memory is already what EIP-712 wants.
    /// @dev Assembly spares copying it all: the word before it is lent to the type hash. It is the caller's to lend, so
    /// this is for terms laid out by `OpenedRequest` and `VerifyCall` only, which have one there; `hashOf` is for others.
    function hash(Terms memory terms) internal pure returns (bytes32 structHash) {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let start := sub(terms, 0x20)
            let kept := mload(start)
            mstore(start, typehash)
            structHash := keccak256(start, 0x260)
            mstore(start, kept)
        }
    }

    /// @notice The same of terms in calldata; reverts where a member has bits beyond its type.
    function hashOf(Terms calldata terms) internal pure returns (bytes32 structHash) {
        bytes32 typehash = TYPEHASH;
        uint256 at;
        assembly ("memory-safe") {
            at := mload(0x40)
            mstore(at, typehash)
            calldatacopy(add(at, 0x20), terms, 0x240)
            structHash := keccak256(at, 0x260)
            at := add(at, 0x20)
            mstore(0x40, add(at, 0x240))
        }
        requireClean(at);
    }

    /// @notice Reverts, as Solidity's decoder does, where a member of the terms at `at` has bits beyond its type.
    /// @dev Assembly makes one branch of fourteen.
    function requireClean(uint256 at) internal pure {
        assembly ("memory-safe") {
            let addresses := or(mload(add(at, 0x40)), mload(add(at, 0x60)))
            addresses := or(addresses, or(mload(add(at, 0x80)), mload(add(at, 0x180))))
            addresses := or(addresses, mload(add(at, 0x200)))
            let fees := or(or(mload(add(at, 0x1a0)), mload(add(at, 0x1c0))), mload(add(at, 0x1e0)))
            let uint32s := or(mload(add(at, 0xa0)), mload(add(at, 0x160)))
            let uint8s := or(or(mload(at), mload(add(at, 0x120))), mload(add(at, 0x140)))
            let beyond := or(shr(160, addresses), shr(96, fees))
            beyond := or(or(beyond, shr(32, uint32s)), or(shr(8, uint8s), shr(40, mload(add(at, 0x220)))))
            if beyond { revert(0, 0) }
        }
    }

    /// @notice Writes the terms in the first `LENGTH` bytes of `packed`, which the caller has checked to be there, to the
    /// 18 words at `at`. Any bytes are some terms.
    /// @dev Assembly spares a zeroed copy and a mask for each member: a shift cuts both ends.
    function decodeTo(uint256 at, bytes calldata packed) internal pure {
        assembly ("memory-safe") {
            let from := packed.offset
            mstore(at, byte(0, calldataload(from)))
            mstore(add(at, 0x20), calldataload(add(from, 1)))
            mstore(add(at, 0x40), shr(96, calldataload(add(from, 33))))
            mstore(add(at, 0x60), shr(96, calldataload(add(from, 53))))
            mstore(add(at, 0x80), shr(96, calldataload(add(from, 73))))
            mstore(add(at, 0xa0), shr(224, calldataload(add(from, 93))))
            mstore(add(at, 0xc0), calldataload(add(from, 97)))
            mstore(add(at, 0xe0), calldataload(add(from, 129)))
            let modes := calldataload(add(from, 193))
            mstore(add(at, 0x100), calldataload(add(from, 161)))
            mstore(add(at, 0x120), byte(0, modes))
            mstore(add(at, 0x140), byte(1, modes))
            mstore(add(at, 0x160), shr(224, shl(16, modes)))
            mstore(add(at, 0x180), shr(96, calldataload(add(from, 199))))
            mstore(add(at, 0x1a0), shr(160, calldataload(add(from, 219))))
            mstore(add(at, 0x1c0), shr(160, calldataload(add(from, 231))))
            mstore(add(at, 0x1e0), shr(160, calldataload(add(from, 243))))
            mstore(add(at, 0x200), shr(96, calldataload(add(from, 255))))
            mstore(add(at, 0x220), shr(216, calldataload(add(from, 275))))
        }
    }
}
