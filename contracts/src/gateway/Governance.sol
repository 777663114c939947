// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IntakeWord} from "../libraries/IntakeWord.sol";

/// @notice All the roles can do. The owner, a timelock in production: say which hubs are heard, what new requests pay
/// and in which tokens, who is guardian, when a pause ends, and that no more requests are taken. The guardian: pause.
abstract contract Governance is IInferenceGateway, Ownable2Step {
    using IntakeWord for uint256;

    /// @dev One slot, because every delivery reads it: `paused` is kept here too, and `earned`, the native protocol fees
    /// of `recipient` that its credit does not hold yet, because writing a slot that was read costs less than another.
    struct Outlet {
        address recipient;
        bool paused;
        uint88 earned;
    }

    struct FeeToken {
        bool accepted;
        uint96 fee;
    }

    /// @dev Stands for the chain's native token.
    address internal constant NATIVE = address(0);

    /// @dev See `IntakeWord`.
    uint256 internal _intake;
    Outlet internal _outlet;
    /// @inheritdoc IInferenceGateway
    address public override guardian;
    /// @inheritdoc IInferenceGateway
    mapping(uint32 domain => mapping(bytes32 hub => bool enrolled)) public override isHub;
    /// @inheritdoc IInferenceGateway
    mapping(address token => FeeToken) public override feeTokenOf;

    constructor(address owner, address recipient) Ownable(owner) {
        _setProtocolFeeRecipient(recipient);
    }

    /// @inheritdoc IInferenceGateway
    function setHub(uint32 domain, bytes32 hub, bool enrolled) external override onlyOwner {
        if (hub == bytes32(0)) revert ZeroAddress();
        isHub[domain][hub] = enrolled;
        emit HubSet(domain, hub, enrolled);
    }

    /// @inheritdoc IInferenceGateway
    function setProtocolFee(uint96 fee) external override onlyOwner {
        _intake = _intake.withFee(fee);
        emit ProtocolFeeSet(fee);
    }

    /// @inheritdoc IInferenceGateway
    function setFeeToken(address token, bool accepted, uint96 fee) external override onlyOwner {
        if (token == NATIVE) revert ZeroAddress();
        feeTokenOf[token] = FeeToken(accepted, fee);
        emit FeeTokenSet(token, accepted, fee);
    }

    /// @inheritdoc IInferenceGateway
    function setProtocolFeeRecipient(address recipient) external override onlyOwner {
        _setProtocolFeeRecipient(recipient);
    }

    /// @inheritdoc IInferenceGateway
    function setGuardian(address guardian_) external override onlyOwner {
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @inheritdoc IInferenceGateway
    function pause() external override {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
        _setPaused(true);
    }

    /// @inheritdoc IInferenceGateway
    function unpause() external override onlyOwner {
        _setPaused(false);
    }

    /// @inheritdoc IInferenceGateway
    function sunset() external override onlyOwner {
        _intake = _intake.withSunset();
        emit SunsetBegun();
    }

    /// @inheritdoc IInferenceGateway
    function protocolFee() external view override returns (uint96) {
        return _intake.protocolFee();
    }

    /// @inheritdoc IInferenceGateway
    function protocolFeeRecipient() external view override returns (address) {
        return _outlet.recipient;
    }

    /// @inheritdoc IInferenceGateway
    function requestCount() external view override returns (uint64) {
        return _intake.requestCount();
    }

    /// @inheritdoc IInferenceGateway
    function isPaused() external view override returns (bool) {
        return _intake.isPaused();
    }

    /// @inheritdoc IInferenceGateway
    function isSunset() external view override returns (bool) {
        return _intake.isSunset();
    }

    /// @dev Moves `earned` to its recipient's credit, where a new recipient has no part in it.
    function _bookEarned() internal virtual;

    function _setPaused(bool paused) private {
        _intake = _intake.withPaused(paused);
        _outlet.paused = paused;
        emit PauseSet(paused, msg.sender);
    }

    function _setProtocolFeeRecipient(address recipient) private {
        if (recipient == address(0)) revert ZeroAddress();
        _bookEarned();
        _outlet.recipient = recipient;
        emit ProtocolFeeRecipientSet(recipient);
    }
}
