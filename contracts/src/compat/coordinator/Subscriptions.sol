// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDelegator} from "../interfaces/IDelegator.sol";
import {IInfernetCoordinator} from "../interfaces/IInfernetCoordinator.sol";
import {Subscription} from "../types/Subscription.sol";
import {Routes} from "./Routes.sol";

/// @notice Who wants what, how often, and who may say so. What cannot be answered is refused here rather than left
/// unanswered.
abstract contract Subscriptions is Routes, EIP712 {
    /// @inheritdoc IInfernetCoordinator
    string public constant override EIP712_NAME = "InfernetCoordinator";
    /// @inheritdoc IInfernetCoordinator
    string public constant override EIP712_VERSION = "1";
    /// @dev What a cancelled subscription's `activeAt` is.
    uint32 internal constant NEVER = type(uint32).max;

    bytes32 private constant _SUBSCRIPTION_TYPEHASH = keccak256(
        "Subscription(address owner,uint32 activeAt,uint32 period,uint32 frequency,uint16 redundancy,"
        "bytes32 containerId,bool lazy,address verifier,uint256 paymentAmount,address paymentToken,address wallet)"
    );
    bytes32 private constant _DELEGATE_TYPEHASH = keccak256(
        "DelegateSubscription(uint32 nonce,uint32 expiry,Subscription sub)"
        "Subscription(address owner,uint32 activeAt,uint32 period,uint32 frequency,uint16 redundancy,"
        "bytes32 containerId,bool lazy,address verifier,uint256 paymentAmount,address paymentToken,address wallet)"
    );

    /// @inheritdoc IInfernetCoordinator
    uint32 public override id = 1;
    /// @inheritdoc IInfernetCoordinator
    mapping(address subscriber => uint32) public override maxSubscriberNonce;
    /// @inheritdoc IInfernetCoordinator
    mapping(bytes32 key => uint32) public override delegateCreatedIds;
    mapping(uint32 subscriptionId => Subscription) internal _subscriptions;

    constructor() EIP712("InfernetCoordinator", "1") {}

    /// @inheritdoc IInfernetCoordinator
    function createSubscription(
        string memory containerId,
        uint32 frequency,
        uint32 period,
        uint16 redundancy,
        bool lazy,
        address paymentToken,
        uint256 paymentAmount,
        address wallet,
        address verifier
    )
        external
        override
        returns (uint32)
    {
        return _create(
            Subscription({
                owner: msg.sender,
                activeAt: uint32(block.timestamp) + period,
                period: period,
                frequency: frequency,
                redundancy: redundancy,
                containerId: _containerId(containerId),
                lazy: lazy,
                verifier: verifier,
                paymentAmount: paymentAmount,
                paymentToken: paymentToken,
                wallet: wallet
            })
        );
    }

    /// @inheritdoc IInfernetCoordinator
    function createSubscriptionDelegatee(
        uint32 nonce,
        uint32 expiry,
        Subscription calldata sub,
        uint8 v,
        bytes32 r,
        bytes32 s
    )
        external
        override
        returns (uint32 subscriptionId)
    {
        bytes32 key = keccak256(abi.encode(sub.owner, nonce));
        subscriptionId = delegateCreatedIds[key];
        if (subscriptionId != 0) return subscriptionId;
        if (uint32(block.timestamp) >= expiry) revert SignatureExpired();
        bytes32 subHash = keccak256(abi.encode(_SUBSCRIPTION_TYPEHASH, sub));
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_DELEGATE_TYPEHASH, nonce, expiry, subHash)));
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, v, r, s);
        if (failure != ECDSA.RecoverError.NoError) revert InvalidSignature();
        if (IDelegator(sub.owner).getSigner() != signer) revert SignerMismatch();
        subscriptionId = _create(sub);
        delegateCreatedIds[key] = subscriptionId;
        if (nonce > maxSubscriberNonce[sub.owner]) maxSubscriberNonce[sub.owner] = nonce;
    }

    /// @inheritdoc IInfernetCoordinator
    function cancelSubscription(uint32 subscriptionId) external override {
        if (_subscriptions[subscriptionId].owner != msg.sender) revert NotSubscriptionOwner();
        _subscriptions[subscriptionId].activeAt = NEVER;
        emit SubscriptionCancelled(subscriptionId);
    }

    /// @inheritdoc IInfernetCoordinator
    function getSubscription(uint32 subscriptionId) external view override returns (Subscription memory) {
        return _subscriptions[subscriptionId];
    }

    /// @inheritdoc IInfernetCoordinator
    function readSubscriptionBatch(
        uint32 startId,
        uint32 endId
    )
        external
        view
        override
        returns (Subscription[] memory batch)
    {
        batch = new Subscription[](endId - startId);
        for (uint32 i = 0; i < batch.length; ++i) {
            batch[i] = _subscriptions[startId + i];
        }
    }

    /// @inheritdoc IInfernetCoordinator
    function getSubscriptionInterval(uint32 activeAt, uint32 period) public view override returns (uint32) {
        return period == 0 ? 1 : (uint32(block.timestamp) - activeAt) / period + 1;
    }

    function _create(Subscription memory sub) private returns (uint32 subscriptionId) {
        if (sub.verifier != address(0)) revert VerifierUnsupported(sub.verifier);
        if (sub.paymentAmount > 0 && sub.paymentToken != address(0)) revert TokenUnsupported(sub.paymentToken);
        // No more, so that the product with the redundancy cannot overflow.
        if (sub.paymentAmount > type(uint96).max) revert PaymentTooHigh(type(uint96).max, sub.paymentAmount);
        _requireRoute(sub.containerId, sub.redundancy);
        subscriptionId = id++;
        _subscriptions[subscriptionId] = sub;
        emit SubscriptionCreated(subscriptionId);
    }
}
