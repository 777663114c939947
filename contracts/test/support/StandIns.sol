// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";
import {AnswerHash} from "../../src/libraries/AnswerHash.sol";
import {Answer} from "../../src/types/Answer.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Result} from "../../src/types/Result.sol";
import {Terms} from "../../src/types/Terms.sol";

/// @notice In the place of a Groth16 verifier: the model's key and three public inputs, a proof of the same length,
/// about its gas, but a hash where the pairing would be.
contract ZkStandIn is IProofVerifier {
    error NotProven();

    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    mapping(bytes32 modelId => bytes32 key) public keyOf;

    function register(bytes32 modelId, bytes32 key) external {
        keyOf[modelId] = key;
    }

    function checkPolicy(Policy calldata) external pure override {}

    function level() external pure override returns (uint8) {
        return 2;
    }

    /// @dev proof: payee 20 | packed output 32 | a, b, c (8 words). The answer, payee included, is bound by the third
    /// public input.
    function verify(
        Policy calldata,
        Terms calldata terms,
        Claim calldata claim,
        bytes calldata proof
    )
        external
        view
        override
        returns (address[] memory payees)
    {
        if (proof.length != 308 || claim.status != 1) revert NotProven();
        address payee = address(bytes20(proof[:20]));
        bytes32 packed = bytes32(proof[20:52]);
        if (keccak256(abi.encode(packed)) != claim.outputHash) revert NotProven();
        uint256 bound = uint256(answerHash(claim, payee)) % R;
        bytes32 pairing = keccak256(abi.encode(keyOf[terms.modelId], terms.inputHash, packed, bound));
        for (uint256 i = 0; i < 3_000; ++i) {
            pairing = keccak256(abi.encode(pairing));
        }
        if (keyOf[terms.modelId] == 0 || bytes32(proof[52:84]) != pairing) revert NotProven();
        payees = new address[](1);
        payees[0] = payee;
    }

    /// @notice What a prover with the key would find.
    function prove(
        bytes32 modelId,
        bytes32 inputHash,
        bytes32 packed,
        Claim calldata claim,
        address payee
    )
        external
        view
        returns (bytes memory)
    {
        uint256 bound = uint256(answerHash(claim, payee)) % R;
        bytes32 pairing = keccak256(abi.encode(keyOf[modelId], inputHash, packed, bound));
        for (uint256 i = 0; i < 3_000; ++i) {
            pairing = keccak256(abi.encode(pairing));
        }
        return bytes.concat(abi.encodePacked(payee, packed, pairing), new bytes(224));
    }

    function answerHash(Claim calldata claim, address payee) private pure returns (bytes32) {
        return AnswerHash.digest(
            claim.domainSeparator,
            Answer(claim.id, claim.status, claim.outputHash, claim.evidenceHash, payee, claim.relayer)
        );
    }
}

/// @notice Attested, then a window in which this contract's own game may end in a dispute or a fall.
contract OptimisticStandIn is IProofVerifier {
    IInferenceGateway private immutable _GATEWAY;
    IProofVerifier private immutable _ATTESTED;

    constructor(IInferenceGateway gateway, IProofVerifier attested) {
        (_GATEWAY, _ATTESTED) = (gateway, attested);
    }

    function checkPolicy(Policy calldata) external pure override {}

    function level() external pure override returns (uint8) {
        return 3;
    }

    function verify(
        Policy calldata policy,
        Terms calldata terms,
        Claim calldata claim,
        bytes calldata proof
    )
        external
        view
        override
        returns (address[] memory)
    {
        return _ATTESTED.verify(policy, terms, claim, proof);
    }

    function dispute(Terms calldata terms) external {
        _GATEWAY.dispute(terms);
    }

    function uphold(Terms calldata terms) external {
        _GATEWAY.uphold(terms);
    }

    function overturn(Terms calldata terms, Result calldata result, bytes calldata context) external {
        _GATEWAY.overturn(terms, result, context);
    }
}

/// @notice Accepts the signature of one enclave's key, which its owner registered with its measurement.
contract TeeStandIn is IProofVerifier {
    error NotAttested(address signer);

    mapping(address key => bytes32 measurement) public measurementOf;

    function register(address key, bytes32 measurement) external {
        measurementOf[key] = measurement;
    }

    function checkPolicy(Policy calldata) external pure override {}

    function level() external pure override returns (uint8) {
        return 4;
    }

    /// @dev proof: payee 20 | signature 65
    function verify(
        Policy calldata,
        Terms calldata terms,
        Claim calldata claim,
        bytes calldata proof
    )
        external
        view
        override
        returns (address[] memory payees)
    {
        address payee = address(bytes20(proof[:20]));
        address signer = ECDSA.recover(
            AnswerHash.digest(
                claim.domainSeparator,
                Answer(claim.id, claim.status, claim.outputHash, claim.evidenceHash, payee, claim.relayer)
            ),
            proof[20:]
        );
        if (measurementOf[signer] != terms.modelId) revert NotAttested(signer);
        payees = new address[](1);
        payees[0] = payee;
    }
}
