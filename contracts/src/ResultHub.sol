// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMailbox} from "@hyperlane-xyz/core/interfaces/IMailbox.sol";
import {StandardHookMetadata} from "@hyperlane-xyz/core/hooks/libs/StandardHookMetadata.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IResultHub} from "./interfaces/IResultHub.sol";
import {ResultBody} from "./libraries/ResultBody.sol";

/// @notice See `IResultHub`.
contract ResultHub is IResultHub, Ownable2Step {
    /// @inheritdoc IResultHub
    /// @dev What one transaction may take since EIP-7825 (2^24): nobody can deliver a message that promises more, on any
    /// chain, so no owner can let publishers pay for one. How much less a lane's messages may promise is the lane's own
    /// setting, since chains differ. The sum over the items is the publisher's to compute: what a verifier is promised
    /// stands in the origin's policies, which the hub does not know. A message that promises too little for its items
    /// can be delivered with more, and its results can be published again.
    uint256 public constant override MAX_LANE_GAS = 2 ** 24;

    /// @notice Hyperlane's Mailbox on this chain.
    IMailbox public immutable mailbox;
    /// @inheritdoc IResultHub
    address public override guardian;
    /// @inheritdoc IResultHub
    mapping(address account => bool enrolled) public override isPublisher;
    /// @inheritdoc IResultHub
    mapping(uint32 domain => bytes32 gateway) public override gatewayOf;
    /// @inheritdoc IResultHub
    mapping(uint32 domain => uint32 gas) public override maxGasOf;

    /// @param owner Enrols publishers and gateways, names the guardian; a timelock in production
    constructor(IMailbox mailbox_, address owner) Ownable(owner) {
        mailbox = mailbox_;
    }

    /// @inheritdoc IResultHub
    function publish(
        uint32 destination,
        bytes32[] calldata ids,
        bytes[] calldata items,
        uint256 gasLimit,
        bytes calldata hookMetadata
    )
        external
        payable
        override
        returns (bytes32 messageId)
    {
        if (!isPublisher[msg.sender]) revert NotPublisher(msg.sender);
        if (ids.length != items.length) revert LengthMismatch(ids.length, items.length);
        (bytes32 gateway, bytes memory body, bytes memory metadata) =
            _message(destination, items, gasLimit, hookMetadata);
        uint256 fee = mailbox.quoteDispatch(destination, gateway, body, metadata);
        if (msg.value < fee) revert FeeTooLow(fee, msg.value);
        messageId = mailbox.dispatch{value: fee}(destination, gateway, body, metadata);
        for (uint256 i = 0; i < ids.length; ++i) {
            emit ResultPublished(ids[i], messageId, destination, msg.sender);
        }
        // Not left to the hooks, though the metadata names whom they refund: one that never charges, such as the Merkle
        // tree's, takes no value at all.
        if (msg.value > fee) _refund(msg.value - fee);
    }

    /// @inheritdoc IResultHub
    function setPublisher(address publisher, bool enrolled) external override onlyOwner {
        _setPublisher(publisher, enrolled);
    }

    /// @inheritdoc IResultHub
    function revokePublisher(address publisher) external override {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
        _setPublisher(publisher, false);
    }

    /// @inheritdoc IResultHub
    function setGuardian(address guardian_) external override onlyOwner {
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @inheritdoc IResultHub
    function setGateway(uint32 domain, bytes32 gateway, uint32 maxGas) external override onlyOwner {
        bool isOpen = gateway != bytes32(0);
        if (isOpen != (maxGas != 0) || maxGas > MAX_LANE_GAS) revert InvalidLane(gateway, MAX_LANE_GAS, maxGas);
        gatewayOf[domain] = gateway;
        maxGasOf[domain] = maxGas;
        emit GatewaySet(domain, gateway, maxGas);
    }

    /// @inheritdoc IResultHub
    function quotePublish(
        uint32 destination,
        bytes[] calldata items,
        uint256 gasLimit,
        bytes calldata hookMetadata
    )
        external
        view
        override
        returns (uint256 fee)
    {
        (bytes32 gateway, bytes memory body, bytes memory metadata) =
            _message(destination, items, gasLimit, hookMetadata);
        return mailbox.quoteDispatch(destination, gateway, body, metadata);
    }

    function _setPublisher(address publisher, bool enrolled) private {
        isPublisher[publisher] = enrolled;
        emit PublisherSet(publisher, enrolled);
    }

    function _refund(uint256 amount) private {
        (bool taken,) = msg.sender.call{value: amount}("");
        if (!taken) revert RefundFailed(msg.sender, amount);
    }

    function _message(
        uint32 destination,
        bytes[] calldata items,
        uint256 gasLimit,
        bytes calldata hookMetadata
    )
        private
        view
        returns (bytes32 gateway, bytes memory body, bytes memory metadata)
    {
        if (items.length == 0 || items.length > ResultBody.MAX_ITEMS) revert BatchSize(items.length);
        gateway = gatewayOf[destination];
        if (gateway == bytes32(0)) revert UnknownDestination(destination);
        uint256 most = maxGasOf[destination];
        if (gasLimit > most) revert GasTooHigh(most, gasLimit);
        body = ResultBody.encode(items);
        metadata = StandardHookMetadata.formatMetadata(0, gasLimit, msg.sender, hookMetadata);
        address token = StandardHookMetadata.feeToken(metadata);
        if (token != address(0)) revert TokenFeeUnsupported(token);
    }
}
