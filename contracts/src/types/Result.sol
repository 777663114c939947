// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What a request was settled with. The gateway keeps only its digest, so whoever acts on a settled request
/// presents it; all of it is in `ResultDelivered`, and `topUp` in the request's last `RequestToppedUp`.
/// @param status 1 ok | 2 unsupported | 3 refused | 4 failed
/// @param outputHash keccak256 of the output
/// @param evidenceHash keccak256 of the canonical worker part
/// @param relayer Who is credited the relay fee
/// @param topUp What was added to the relay fee before the result came
/// @param payees Who share the worker fee, in the proof's order
struct Result {
    uint8 status;
    bytes32 outputHash;
    bytes32 evidenceHash;
    address relayer;
    uint96 topUp;
    address[] payees;
}
