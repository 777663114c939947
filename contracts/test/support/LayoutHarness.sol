// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";
import {AnswerHash} from "../../src/libraries/AnswerHash.sol";
import {CalldataWord} from "../../src/libraries/CalldataWord.sol";
import {IntakeWord} from "../../src/libraries/IntakeWord.sol";
import {OpenedRequest} from "../../src/libraries/OpenedRequest.sol";
import {SettledResult} from "../../src/libraries/SettledResult.sol";
import {StructAt} from "../../src/libraries/StructAt.sol";
import {TermsCodec} from "../../src/libraries/TermsCodec.sol";
import {VerifyCall} from "../../src/libraries/VerifyCall.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Result} from "../../src/types/Result.sol";
import {Terms} from "../../src/types/Terms.sol";

/// @notice What the contracts lay out by assembly, beside the same in plain Solidity. Memory beyond the free pointer is
/// full of ones when the assembly begins, and must be left alone behind what it says it has taken.
contract LayoutHarness {
    error Untidy();

    modifier tidy() {
        assembly ("memory-safe") {
            let at := mload(0x40)
            for { let i := 0 } lt(i, 0x4000) { i := add(i, 0x20) } { mstore(add(at, i), not(0)) }
        }
        _;
    }

    function openedRequest(
        Terms calldata terms,
        bytes calldata input,
        bytes calldata context
    )
        external
        tidy
        returns (bytes memory data, bytes32 inputHash, bytes32 contextHash)
    {
        uint256 at;
        uint256 size;
        (at, size, inputHash, contextHash) = OpenedRequest.layOut(terms, input, context);
        OpenedRequest.announce(at, size, bytes32("id"), 7);
        data = _taken(at, size);
    }

    function openedRequestPlainly(
        Terms calldata terms,
        bytes calldata input,
        bytes calldata context
    )
        external
        returns (bytes memory data, bytes32 inputHash, bytes32 contextHash)
    {
        Terms memory it = terms;
        emit IInferenceGateway.RequestOpened(bytes32("id"), 7, it, input, context);
        return (abi.encode(it, input, context), keccak256(input), keccak256(context));
    }

    /// @dev The number as the gateway takes it from its word: the compiler leaves the rest of the word above it.
    function announceNext(uint256 intake) external tidy {
        OpenedRequest.announce(0, 0, bytes32("id"), IntakeWord.requestCount(intake));
    }

    function hashOfLaidOut(Terms calldata terms) external tidy returns (bytes32 before, bytes32 salted) {
        (uint256 at,,,) = OpenedRequest.layOut(terms, msg.data[:0], msg.data[:0]);
        Terms memory it = StructAt.terms()(at);
        before = TermsCodec.hash(it);
        it.salt = bytes32(uint256(9));
        salted = TermsCodec.hash(StructAt.terms()(at));
    }

    function verifyCall(
        Policy memory policy,
        bytes calldata packedTerms,
        IProofVerifier.Claim memory claim,
        bytes calldata proof
    )
        external
        tidy
        returns (bytes memory)
    {
        uint256 at = VerifyCall.layOut(proof);
        TermsCodec.decodeTo(at + VerifyCall.TERMS, packedTerms);
        _fill(StructAt.policy()(at + VerifyCall.POLICY), policy);
        _fill(StructAt.claim()(at + VerifyCall.CLAIM), claim);
        uint256 end;
        assembly ("memory-safe") {
            end := mload(0x40)
        }
        bytes memory data = VerifyCall.data(at);
        uint256 dataEnd;
        assembly ("memory-safe") {
            dataEnd := add(add(data, 0x20), mload(data))
        }
        if (dataEnd != end || end % 32 != 0) revert Untidy();
        return data;
    }

    function announce(
        bytes32 id,
        Result memory result,
        bytes calldata output,
        uint8 level,
        bool isFinal
    )
        external
        tidy
        returns (bytes32 digest)
    {
        SettledResult.announce(id, result, output, level, isFinal);
        return SettledResult.digest(result);
    }

    function announcePlainly(
        bytes32 id,
        Result memory it,
        bytes calldata output,
        uint8 level,
        bool isFinal
    )
        external
        returns (bytes32 digest)
    {
        emit IInferenceGateway.ResultDelivered(
            id, it.status, it.outputHash, it.evidenceHash, it.relayer, it.payees, output, level, isFinal
        );
        return keccak256(abi.encode(it.status, it.outputHash, it.evidenceHash, it.payees));
    }

    function digests(
        IProofVerifier.Claim calldata claim,
        address first,
        address second
    )
        external
        tidy
        returns (bytes32, bytes32)
    {
        uint256 at = AnswerHash.layOut(claim);
        bytes32 one = AnswerHash.digestFor(at, first);
        return (one, AnswerHash.digestFor(at, second));
    }

    function hash(bytes calldata data) external tidy returns (bytes32) {
        return CalldataWord.hash(data);
    }

    function _fill(Policy memory to, Policy memory from) private pure {
        (to.verifier, to.setId, to.k) = (from.verifier, from.setId, from.k);
        (to.minTtl, to.window, to.verifyGas) = (from.minTtl, from.window, from.verifyGas);
    }

    function _fill(IProofVerifier.Claim memory to, IProofVerifier.Claim memory from) private pure {
        (to.id, to.domainSeparator, to.status) = (from.id, from.domainSeparator, from.status);
        (to.outputHash, to.evidenceHash, to.relayer) = (from.outputHash, from.evidenceHash, from.relayer);
    }

    /// @dev The bytes at `at`, which must be the last that were allocated.
    function _taken(uint256 at, uint256 size) private pure returns (bytes memory data) {
        uint256 end;
        assembly ("memory-safe") {
            end := mload(0x40)
        }
        if (at + size != end || end % 32 != 0) revert Untidy();
        data = new bytes(size);
        assembly ("memory-safe") {
            mcopy(add(data, 0x20), at, size)
        }
    }
}
