// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What Infernet's consumers implement (`BaseConsumer` of its SDK, v1).
interface IInfernetConsumer {
    /// @notice Receives an answer. Called by the coordinator only.
    /// @param redundancy How many operators vouch for the answer
    /// @param node Always the coordinator
    /// @param input `abi.encode(bytes input, bytes hash)`, see the compat README; empty for a lazy subscription
    /// @param output `abi.encode(bytes output, bytes "")`; empty for a lazy subscription
    /// @param proof Empty: the proof was checked by the gateway
    /// @param containerId Where the answer is in the Inbox; 0 unless the subscription is lazy
    /// @param index Where the answer is in the Inbox
    function rawReceiveCompute(
        uint32 subscriptionId,
        uint32 interval,
        uint16 redundancy,
        address node,
        bytes calldata input,
        bytes calldata output,
        bytes calldata proof,
        bytes32 containerId,
        uint256 index
    )
        external;

    /// @notice The input of an interval.
    /// @param timestamp Unix seconds at which it is read
    /// @param caller Who has it read
    function getContainerInputs(
        uint32 subscriptionId,
        uint32 interval,
        uint32 timestamp,
        address caller
    )
        external
        view
        returns (bytes memory);
}
