// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IWorkerRegistry} from "./interfaces/IWorkerRegistry.sol";
import {Clock} from "./libraries/Clock.sol";

/// @notice See `IWorkerRegistry`. Stake leaves in two ways only: withdrawn by its operator after the unbonding time, or
/// slashed to the fixed recipient. The owner names the roles and the minimum and can move nothing.
contract WorkerRegistry is IWorkerRegistry, Ownable2Step, EIP712 {
    bytes32 private constant _CONSENT_TYPEHASH = keccak256("Consent(address operator,address key,uint256 nonce)");

    /// @inheritdoc IWorkerRegistry
    uint40 public constant override MAX_DELAY = 365 days;
    /// @inheritdoc IWorkerRegistry
    uint40 public immutable override UNBONDING_TIME;
    /// @inheritdoc IWorkerRegistry
    uint40 public immutable override JAIL_TIME;
    /// @inheritdoc IWorkerRegistry
    address public immutable override RECIPIENT;

    /// @inheritdoc IWorkerRegistry
    uint128 public override minStake;
    /// @inheritdoc IWorkerRegistry
    address public override guardian;
    /// @inheritdoc IWorkerRegistry
    address public override slasher;
    /// @inheritdoc IWorkerRegistry
    uint256 public override slashedUnpaid;
    /// @inheritdoc IWorkerRegistry
    mapping(address key => address operator) public override operatorOf;
    mapping(address operator => Operator) private _operators;
    mapping(address operator => mapping(bytes32 modelId => bool)) private _serves;
    mapping(address operator => mapping(bytes32 evidenceHash => bool)) private _slashedFor;
    mapping(address key => uint256) private _consents;

    /// @param owner_ Names guardian, slasher and minimum; a timelock in production
    /// @param recipient Who is paid what is slashed
    /// @param minStake_ In the native token's smallest unit
    /// @param unbondingTime Seconds
    /// @param jailTime Seconds
    constructor(
        address owner_,
        address recipient,
        uint128 minStake_,
        uint40 unbondingTime,
        uint40 jailTime
    )
        Ownable(owner_)
        EIP712("Herald WorkerRegistry", "1")
    {
        if (recipient == address(0)) revert ZeroAddress();
        RECIPIENT = recipient;
        UNBONDING_TIME = _checkedDelay(unbondingTime);
        JAIL_TIME = _checkedDelay(jailTime);
        _setMinStake(minStake_);
    }

    /// @inheritdoc IWorkerRegistry
    /// @dev No chain has 2^128 wei, so no value is cut.
    function register() external payable override {
        Operator storage operator = _operators[msg.sender];
        if (operator.registered) revert AlreadyOperator(msg.sender);
        if (msg.value < minStake) revert StakeTooLow(minStake, msg.value);
        operator.registered = true;
        operator.stake = uint128(msg.value);
        emit OperatorRegistered(msg.sender);
        _emitStake(msg.sender, operator);
    }

    /// @inheritdoc IWorkerRegistry
    function addStake() external payable override {
        if (msg.value == 0) revert ZeroAmount();
        Operator storage operator = _existing(msg.sender);
        operator.stake += uint128(msg.value);
        _emitStake(msg.sender, operator);
    }

    /// @inheritdoc IWorkerRegistry
    function unbond(uint128 amount) external override {
        if (amount == 0) revert ZeroAmount();
        Operator storage operator = _existing(msg.sender);
        if (amount > operator.stake) revert StakeExceeded(operator.stake, amount);
        operator.stake -= amount;
        operator.unbonding += amount;
        operator.releaseAt = Clock.nowAt() + UNBONDING_TIME;
        _emitStake(msg.sender, operator);
    }

    /// @inheritdoc IWorkerRegistry
    function withdraw(address to) external override returns (uint256 amount) {
        if (to == address(0)) revert ZeroAddress();
        Operator storage operator = _existing(msg.sender);
        amount = operator.unbonding;
        if (amount == 0) revert NothingThere();
        uint40 time = Clock.nowAt();
        if (time < operator.releaseAt) revert StillUnbonding(operator.releaseAt, time);
        operator.unbonding = 0;
        _emitStake(msg.sender, operator);
        emit Withdrawn(msg.sender, to, amount);
        _send(to, amount);
    }

    /// @inheritdoc IWorkerRegistry
    function addWorker(address key, bytes calldata consent) external override {
        _existing(msg.sender);
        if (operatorOf[key] != address(0)) revert KeyTaken(key, operatorOf[key]);
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(consentDigest(msg.sender, key), consent);
        if (failure != ECDSA.RecoverError.NoError || signer != key) revert NotConsent(key);
        ++_consents[key];
        operatorOf[key] = msg.sender;
        emit WorkerAdded(msg.sender, key);
    }

    /// @inheritdoc IWorkerRegistry
    function removeWorker(address operator, address key) external override {
        bool may = msg.sender == operator || msg.sender == key;
        if (!may || operator == address(0) || operatorOf[key] != operator) revert NotWorker(operator, key);
        delete operatorOf[key];
        emit WorkerRemoved(operator, key);
    }

    /// @inheritdoc IWorkerRegistry
    function serve(bytes32[] calldata modelIds) external override {
        _existing(msg.sender);
        for (uint256 i = 0; i < modelIds.length; ++i) {
            if (_serves[msg.sender][modelIds[i]]) revert AlreadyServed(modelIds[i]);
            _serves[msg.sender][modelIds[i]] = true;
            emit ModelServed(msg.sender, modelIds[i]);
        }
    }

    /// @inheritdoc IWorkerRegistry
    function drop(bytes32[] calldata modelIds) external override {
        for (uint256 i = 0; i < modelIds.length; ++i) {
            if (!_serves[msg.sender][modelIds[i]]) revert NotServed(modelIds[i]);
            _serves[msg.sender][modelIds[i]] = false;
            emit ModelDropped(msg.sender, modelIds[i]);
        }
    }

    /// @inheritdoc IWorkerRegistry
    function jail(address operator, bytes32 reason) external override {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        uint40 until = Clock.nowAt() + JAIL_TIME;
        _existing(operator).jailedUntil = until;
        emit Jailed(operator, until, reason);
    }

    /// @inheritdoc IWorkerRegistry
    function unjail() external override {
        Operator storage operator = _existing(msg.sender);
        uint40 until = operator.jailedUntil;
        if (until == 0) revert NotJailed(msg.sender);
        uint40 time = Clock.nowAt();
        if (time < until) revert StillJailed(until, time);
        if (operator.stake < minStake) revert StakeTooLow(minStake, operator.stake);
        operator.jailedUntil = 0;
        emit Unjailed(msg.sender);
    }

    /// @inheritdoc IWorkerRegistry
    function slash(address operator, uint256 amount, bytes32 evidenceHash) external override returns (uint256 taken) {
        if (msg.sender != slasher) revert NotSlasher(msg.sender);
        if (amount == 0) revert ZeroAmount();
        if (evidenceHash == bytes32(0)) revert NoEvidence();
        Operator storage record = _existing(operator);
        if (_slashedFor[operator][evidenceHash]) revert EvidenceUsed(evidenceHash);
        uint256 ofStake = _min(amount, record.stake);
        uint256 ofUnbonding = _min(amount - ofStake, record.unbonding);
        taken = ofStake + ofUnbonding;
        // Not used up by a slash that takes nothing: there may be something later.
        if (taken == 0) revert NothingThere();
        _slashedFor[operator][evidenceHash] = true;
        record.stake -= uint128(ofStake);
        record.unbonding -= uint128(ofUnbonding);
        slashedUnpaid += taken;
        emit Slashed(operator, taken, evidenceHash);
        _emitStake(operator, record);
    }

    /// @inheritdoc IWorkerRegistry
    function paySlashed() external override returns (uint256 amount) {
        amount = slashedUnpaid;
        if (amount == 0) revert NothingThere();
        slashedUnpaid = 0;
        emit SlashedPaid(RECIPIENT, amount);
        _send(RECIPIENT, amount);
    }

    /// @inheritdoc IWorkerRegistry
    function setMinStake(uint128 minStake_) external override onlyOwner {
        _setMinStake(minStake_);
    }

    /// @inheritdoc IWorkerRegistry
    function setGuardian(address guardian_) external override onlyOwner {
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @inheritdoc IWorkerRegistry
    function setSlasher(address slasher_) external override onlyOwner {
        slasher = slasher_;
        emit SlasherSet(slasher_);
    }

    /// @inheritdoc IWorkerRegistry
    function operatorAt(address operator) external view override returns (Operator memory) {
        return _operators[operator];
    }

    /// @inheritdoc IWorkerRegistry
    function isServedBy(bytes32 modelId, address operator) external view override returns (bool) {
        return _serves[operator][modelId] && isActive(operator);
    }

    /// @inheritdoc IWorkerRegistry
    function nowAt() external view override returns (uint40) {
        return Clock.nowAt();
    }

    /// @inheritdoc IWorkerRegistry
    function isActive(address operator) public view override returns (bool) {
        Operator storage record = _operators[operator];
        return record.registered && record.jailedUntil == 0 && record.stake >= minStake;
    }

    /// @inheritdoc IWorkerRegistry
    function consentDigest(address operator, address key) public view override returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(_CONSENT_TYPEHASH, operator, key, _consents[key])));
    }

    function _setMinStake(uint128 minStake_) private {
        // Whoever is in the directory has something to lose.
        if (minStake_ == 0) revert ZeroAmount();
        minStake = minStake_;
        emit MinStakeSet(minStake_);
    }

    function _emitStake(address operator, Operator storage record) private {
        emit StakeChanged(operator, record.stake, record.unbonding, record.releaseAt);
    }

    function _send(address to, uint256 amount) private {
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert PaymentFailed(to, amount);
    }

    function _existing(address operator) private view returns (Operator storage record) {
        record = _operators[operator];
        if (!record.registered) revert NotOperator(operator);
    }

    function _checkedDelay(uint40 delay) private pure returns (uint40) {
        if (delay == 0 || delay > MAX_DELAY) revert InvalidDelay(MAX_DELAY, delay);
        return delay;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
