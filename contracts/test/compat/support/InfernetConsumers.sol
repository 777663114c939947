// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CallbackConsumer, Delegator, SubscriptionConsumer} from "./InfernetBases.sol";

/// @notice Keeps what it received, and the answer's text.
abstract contract Recording {
    uint256 public received;
    bytes32 public receivedHash;
    string public text;
    bytes public input;
    uint32 public interval;
    bytes32 public containerId;
    uint256 public index;
    bool public refuses;

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    function _record(
        uint32 subscriptionId,
        uint32 interval_,
        uint16 redundancy,
        address node,
        bytes memory input_,
        bytes memory output,
        bytes memory proof,
        bytes32 containerId_,
        uint256 index_
    )
        internal
    {
        require(!refuses, "not now");
        ++received;
        receivedHash = keccak256(abi.encode(subscriptionId, interval_, redundancy, node, proof));
        (input, interval, containerId, index) = (input_, interval_, containerId_, index_);
        if (output.length == 0) return;
        // As the SDK's own examples read it.
        (bytes memory raw,) = abi.decode(output, (bytes, bytes));
        text = abi.decode(raw, (string));
    }
}

/// @notice Asks a language model, as the SDK's examples do.
contract PromptsModel is Recording, CallbackConsumer {
    constructor(address registry) CallbackConsumer(registry) {}

    function ask(string calldata prompt, uint16 redundancy, uint256 payment, address wallet) external returns (uint32) {
        return _requestCompute("llm", abi.encode(prompt), redundancy, address(0), payment, wallet, address(0));
    }

    function askWith(bytes calldata inputs, address token, uint256 payment, address verifier)
        external
        returns (uint32)
    {
        return _requestCompute("llm", inputs, 2, token, payment, address(0), verifier);
    }

    function _receiveCompute(
        uint32 subscriptionId,
        uint32 interval_,
        uint16 redundancy,
        address node,
        bytes memory input_,
        bytes memory output,
        bytes memory proof,
        bytes32 containerId_,
        uint256 index_
    )
        internal
        override
    {
        _record(subscriptionId, interval_, redundancy, node, input_, output, proof, containerId_, index_);
    }
}

/// @notice Wants an answer every so often, eagerly or through the Inbox, by its own call or by its signer's signature.
contract WatchesModel is Recording, SubscriptionConsumer, Delegator {
    constructor(address registry, address signer) SubscriptionConsumer(registry) Delegator(signer) {}

    function watch(
        uint32 frequency,
        uint32 period,
        bool lazy,
        uint256 payment,
        address wallet
    )
        external
        returns (uint32)
    {
        return _createComputeSubscription("llm", frequency, period, 2, lazy, address(0), payment, wallet, address(0));
    }

    function stop(uint32 subscriptionId) external {
        _cancelComputeSubscription(subscriptionId);
    }

    function rotate(address signer) external {
        _updateSigner(signer);
    }

    function getContainerInputs(
        uint32,
        uint32 interval_,
        uint32,
        address
    )
        external
        pure
        override
        returns (bytes memory)
    {
        return abi.encode(string.concat("question ", interval_ == 1 ? "one" : "of another interval"));
    }

    function _receiveCompute(
        uint32 subscriptionId,
        uint32 interval_,
        uint16 redundancy,
        address node,
        bytes memory input_,
        bytes memory output,
        bytes memory proof,
        bytes32 containerId_,
        uint256 index_
    )
        internal
        override
    {
        _record(subscriptionId, interval_, redundancy, node, input_, output, proof, containerId_, index_);
    }
}

/// @notice Does what it can to be a nuisance while it is handed an answer or asked for its input.
contract HostileConsumer {
    enum Way {
        Burns,
        RevertBomb,
        Reenters,
        InputBomb
    }

    Way private immutable _WAY;
    address private immutable _COORDINATOR;
    bytes private _call;
    bool public reentered;
    bytes4 public refusal;

    constructor(address coordinator, Way way) {
        (_COORDINATOR, _WAY) = (coordinator, way);
    }

    function arm(bytes calldata call) external {
        _call = call;
    }

    /// @dev Any call to the coordinator in this contract's name.
    function act(bytes calldata call) external returns (bytes memory returned) {
        bool ok;
        (ok, returned) = _COORDINATOR.call(call);
        require(ok, "refused");
    }

    function getContainerInputs(uint32, uint32, uint32, address) external view returns (bytes memory) {
        return _WAY == Way.InputBomb ? new bytes(17_000) : abi.encode("question");
    }

    fallback() external {
        if (_WAY == Way.Burns) while (true) {}
        if (_WAY == Way.RevertBomb) {
            assembly ("memory-safe") {
                revert(0, 100000)
            }
        }
        bytes memory returned;
        (reentered, returned) = _COORDINATOR.call(_call);
        refusal = returned.length < 4 ? bytes4(0) : bytes4(returned);
    }
}
