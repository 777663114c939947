// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice How results are verified. An append-only record: a request names one by id, and nobody can change it
/// afterwards.
/// @param verifier Checks the proof; an `IProofVerifier`
/// @param setId The worker set whose members may vouch
/// @param k How many distinct operators of the set must vouch
/// @param minTtl Least seconds between a request and its deadline
/// @param window Seconds a result stays pending before it is final; 0 = final at once
/// @param verifyGas Gas the verifier is guaranteed
struct Policy {
    address verifier;
    uint32 setId;
    uint8 k;
    uint32 minTtl;
    uint32 window;
    uint32 verifyGas;
}
