// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Policy} from "../types/Policy.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Decides whether a proof vouches for a result, on the chain that asked. Called by static call with the
/// policy's `verifyGas`.
interface IProofVerifier {
    /// @notice What is claimed of a request, to be proven.
    /// @param id The request
    /// @param domainSeparator EIP-712 domain separator of the gateway that asks
    /// @param status What the workers say of it
    /// @param outputHash keccak256 of the output
    /// @param evidenceHash keccak256 of the canonical worker part
    /// @param relayer Who is credited the relay fee
    struct Claim {
        bytes32 id;
        bytes32 domainSeparator;
        uint8 status;
        bytes32 outputHash;
        bytes32 evidenceHash;
        address relayer;
    }

    /// @notice The assurance level this verifier gives: 1 attested, 2 proven (ZK), 3 optimistic, 4 TEE. Append-only.
    function level() external view returns (uint8);

    /// @notice Reverts, with a reason, where `policy` names what is not there or asks for what no proof can give. Asked
    /// once, when the policy is registered.
    function checkPolicy(Policy calldata policy) external view;

    /// @notice Reverts, with a reason, unless `proof` vouches for `claim` under `policy`.
    /// @param terms The terms the claim answers; the gateway has checked that they hash to `claim.id`
    /// @param proof The verifier's own format
    /// @return payees Who shares the worker fee, in the proof's order; at least one
    function verify(
        Policy calldata policy,
        Terms calldata terms,
        Claim calldata claim,
        bytes calldata proof
    )
        external
        view
        returns (address[] memory payees);
}
