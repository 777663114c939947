// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {Policy} from "../types/Policy.sol";

/// @notice The append-only record of policies. There is no function that changes or removes one.
abstract contract Policies is IInferenceGateway {
    /// @dev One slot, all that a request reads, and all a delivery reads unless there is a window. The level is asked
    /// once, so that a verifier cannot change what it says later.
    struct Record {
        address verifier;
        uint24 setId;
        uint8 k;
        uint24 minTtl;
        uint24 verifyGas;
        uint8 level;
        bool hasWindow;
    }

    /// @inheritdoc IInferenceGateway
    /// @dev Several times what the dearest known verifier (a Groth16 or Halo2 proof, 0.3 to 0.8 million) takes.
    uint32 public constant override MAX_VERIFY_GAS = 3_000_000;
    /// @inheritdoc IInferenceGateway
    /// @dev Below `WorkerSets.ADDITION_DELAY`: a member announced after a request was made can then never vouch for
    /// it.
    uint40 public constant override MAX_TTL = 7 days;
    /// @inheritdoc IInferenceGateway
    uint32 public constant override MAX_WINDOW = 30 days;

    /// @inheritdoc IInferenceGateway
    uint32 public override policyCount;
    mapping(uint32 policyId => Record) private _records;
    mapping(uint32 policyId => uint32) private _windows;

    /// @inheritdoc IInferenceGateway
    function registerPolicy(Policy calldata policy) external override returns (uint32 policyId) {
        bool usable = policy.verifier.code.length > 0 && policy.k > 0 && policy.verifyGas > 0
            && policy.verifyGas <= MAX_VERIFY_GAS && policy.minTtl <= MAX_TTL && policy.window <= MAX_WINDOW
            && policy.setId <= type(uint24).max;
        if (!usable) revert InvalidPolicy(policy);
        IProofVerifier(policy.verifier).checkPolicy(policy);
        uint8 level = IProofVerifier(policy.verifier).level();
        if (level == 0) revert InvalidPolicy(policy);
        policyId = ++policyCount;
        _records[policyId] = Record({
            verifier: policy.verifier,
            setId: uint24(policy.setId),
            k: policy.k,
            minTtl: uint24(policy.minTtl),
            verifyGas: uint24(policy.verifyGas),
            level: level,
            hasWindow: policy.window > 0
        });
        if (policy.window > 0) _windows[policyId] = policy.window;
        emit PolicyRegistered(policyId, policy);
    }

    /// @inheritdoc IInferenceGateway
    function policyOf(uint32 policyId) external view override returns (Policy memory policy) {
        _existing(policyId);
        _readPolicy(policyId, policy);
    }

    /// @inheritdoc IInferenceGateway
    function levelOf(uint32 policyId) external view override returns (uint8 level) {
        return _existing(policyId).level;
    }

    /// @dev Writes every member of `policy`. Its verifier is zero if there is none with this id.
    function _readPolicy(uint32 policyId, Policy memory policy) internal view returns (uint8 level) {
        Record storage record = _records[policyId];
        policy.verifier = record.verifier;
        policy.setId = record.setId;
        policy.k = record.k;
        policy.minTtl = record.minTtl;
        policy.window = record.hasWindow ? _windows[policyId] : 0;
        policy.verifyGas = record.verifyGas;
        level = record.level;
    }

    function _verifierOf(uint32 policyId) internal view returns (address verifier, uint32 window) {
        return (_existing(policyId).verifier, _windows[policyId]);
    }

    function _minTtlOf(uint32 policyId) internal view returns (uint24) {
        return _existing(policyId).minTtl;
    }

    function _existing(uint32 policyId) private view returns (Record storage record) {
        record = _records[policyId];
        if (record.verifier == address(0)) revert UnknownPolicy(policyId, policyCount);
    }
}
