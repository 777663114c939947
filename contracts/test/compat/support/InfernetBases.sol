// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// What a consumer written for Infernet's SDK (v1) inherits, written anew from its documented interface: it knows a
// registry's address, and nothing of Herald.

interface IRegistry {
    function COORDINATOR() external view returns (address);
    function INBOX() external view returns (address);
    function WALLET_FACTORY() external view returns (address);
}

interface ICoordinator {
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
        returns (uint32);
    function cancelSubscription(uint32 subscriptionId) external;
}

abstract contract BaseConsumer {
    error NotCoordinator();

    ICoordinator internal immutable COORDINATOR;
    address internal immutable INBOX;

    constructor(address registry) {
        COORDINATOR = ICoordinator(IRegistry(registry).COORDINATOR());
        INBOX = IRegistry(registry).INBOX();
    }

    function rawReceiveCompute(
        uint32 subscriptionId,
        uint32 interval,
        uint16 redundancy,
        address node,
        bytes memory input,
        bytes memory output,
        bytes memory proof,
        bytes32 containerId,
        uint256 index
    )
        external
    {
        if (msg.sender != address(COORDINATOR)) revert NotCoordinator();
        _receiveCompute(subscriptionId, interval, redundancy, node, input, output, proof, containerId, index);
    }

    function getContainerInputs(
        uint32 subscriptionId,
        uint32 interval,
        uint32 timestamp,
        address caller
    )
        external
        view
        virtual
        returns (bytes memory)
    {}

    function _receiveCompute(
        uint32 subscriptionId,
        uint32 interval,
        uint16 redundancy,
        address node,
        bytes memory input,
        bytes memory output,
        bytes memory proof,
        bytes32 containerId,
        uint256 index
    )
        internal
        virtual;
}

abstract contract CallbackConsumer is BaseConsumer {
    mapping(uint32 subscriptionId => bytes) internal subscriptionInputs;

    constructor(address registry) BaseConsumer(registry) {}

    function getContainerInputs(
        uint32 subscriptionId,
        uint32,
        uint32,
        address
    )
        external
        view
        override
        returns (bytes memory)
    {
        return subscriptionInputs[subscriptionId];
    }

    function _requestCompute(
        string memory containerId,
        bytes memory inputs,
        uint16 redundancy,
        address paymentToken,
        uint256 paymentAmount,
        address wallet,
        address verifier
    )
        internal
        returns (uint32 subscriptionId)
    {
        subscriptionId = COORDINATOR.createSubscription(
            containerId, 1, 0, redundancy, false, paymentToken, paymentAmount, wallet, verifier
        );
        // Only now, as in the SDK: while the subscription is being created there is no input yet.
        subscriptionInputs[subscriptionId] = inputs;
    }
}

abstract contract SubscriptionConsumer is BaseConsumer {
    constructor(address registry) BaseConsumer(registry) {}

    function _createComputeSubscription(
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
        internal
        returns (uint32)
    {
        return COORDINATOR.createSubscription(
            containerId, frequency, period, redundancy, lazy, paymentToken, paymentAmount, wallet, verifier
        );
    }

    function _cancelComputeSubscription(uint32 subscriptionId) internal {
        COORDINATOR.cancelSubscription(subscriptionId);
    }
}

abstract contract Delegator {
    address private _signer;

    constructor(address signer) {
        _updateSigner(signer);
    }

    function getSigner() external view returns (address) {
        return _signer;
    }

    function _updateSigner(address signer) internal {
        _signer = signer;
    }
}
