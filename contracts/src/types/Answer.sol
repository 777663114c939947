// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What each worker signs (EIP-712, the gateway's domain).
/// @param id The request
/// @param status 1 ok | 2 unsupported | 3 refused | 4 failed; append-only, 0 is never valid
/// @param outputHash keccak256 of the output bytes
/// @param evidenceHash keccak256 of the canonical worker part of the evidence
/// @param payee Who is credited this worker's share of the fee
/// @param relayer Who is credited the relay fee
struct Answer {
    bytes32 id;
    uint8 status;
    bytes32 outputHash;
    bytes32 evidenceHash;
    address payee;
    address relayer;
}
