// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {Answer} from "../types/Answer.sol";

/// @notice The EIP-712 digest a worker signs.
library AnswerHash {
    bytes32 internal constant TYPEHASH = keccak256(
        "Answer(bytes32 id,uint8 status,bytes32 outputHash,bytes32 evidenceHash,address payee,address relayer)"
    );

    function digest(bytes32 domainSeparator, Answer memory answer) internal pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainSeparator, keccak256(abi.encode(TYPEHASH, answer)));
    }

    /// @notice Lays out what answers to one claim have in common, for `digestFor` to hash with each payee.
    /// @return at Where: type hash and members in seven words, then 0x1901, separator and struct hash in 66 bytes
    function layOut(IProofVerifier.Claim calldata claim) internal pure returns (uint256 at) {
        bytes32 typehash = TYPEHASH;
        (uint8 status, address relayer) = (claim.status, claim.relayer);
        assembly ("memory-safe") {
            at := mload(0x40)
            mstore(at, typehash)
            mstore(add(at, 0x20), calldataload(claim)) // id
            mstore(add(at, 0x40), status)
            calldatacopy(add(at, 0x60), add(claim, 0x60), 0x40) // outputHash, evidenceHash
            mstore(add(at, 0xc0), relayer)
            mstore(add(at, 0xe0), shl(240, 0x1901))
            mstore(add(at, 0xe2), calldataload(add(claim, 0x20))) // domainSeparator
            mstore(0x40, add(at, 0x140))
        }
    }

    /// @notice `digest` of the answer laid out `at`, with this payee.
    /// @dev Assembly because five of six members stay, and are not written again for each signer.
    function digestFor(uint256 at, address payee) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(add(at, 0xa0), shr(96, shl(96, payee)))
            mstore(add(at, 0x102), keccak256(at, 0xe0))
            hash := keccak256(add(at, 0xe0), 0x42)
        }
    }
}
