// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What a request asks for and pays. Its EIP-712 digest in the gateway's domain is the request id. Whoever acts
/// on a request presents the terms and the gateway recomputes the id, so nothing but one word of state is stored.
/// @param version Version of this struct; 1
/// @param salt Chosen by the requester, so that ids are known in advance; 0 asks the gateway to fill in its sequence
/// number
/// @param requester Who asks and pays
/// @param consumer Who receives the callback; may differ from the requester
/// @param refundTo Who is credited when the request is declined or expires
/// @param callbackGasLimit Gas the callback is guaranteed; 0 = no callback
/// @param contextHash keccak256 of the bytes handed back in the callback
/// @param modelId keccak256 of the model's manifest in canonical JSON (RFC 8785)
/// @param inputHash keccak256 of the input bytes; the circuit's commitment for proven models
/// @param inputMode 0 inline | 1 reference | 2 sealed
/// @param outputMode 0 inline | 1 hash | 2 sealed
/// @param policyId The append-only record that names the verifier, the worker set and k
/// @param feeToken 0 = the chain's native token
/// @param workerFee Shared by the workers that vouch for the result, in the token's smallest unit
/// @param relayFee Paid to the relayer the workers signed for
/// @param protocolFee The gateway's fee when the request was made; in the terms, so that it cannot change later
/// @param relayer The only relayer that may be paid; 0 = any
/// @param deadline Unix seconds; until then (inclusive) a result is paid, after it anyone may refund
struct Terms {
    uint8 version;
    bytes32 salt;
    address requester;
    address consumer;
    address refundTo;
    uint32 callbackGasLimit;
    bytes32 contextHash;
    bytes32 modelId;
    bytes32 inputHash;
    uint8 inputMode;
    uint8 outputMode;
    uint32 policyId;
    address feeToken;
    uint96 workerFee;
    uint96 relayFee;
    uint96 protocolFee;
    address relayer;
    uint40 deadline;
}
