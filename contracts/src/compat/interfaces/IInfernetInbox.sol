// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Where the answers of lazy subscriptions are left (`Inbox` of Infernet's SDK, v1). What a node wrote under a
/// container is numbered from 0 and never changes.
interface IInfernetInbox {
    /// @notice What was written. `subscriptionId` is 0 unless the coordinator wrote it, so only items with another one
    /// are answers.
    struct InboxItem {
        uint32 timestamp;
        uint32 subscriptionId;
        uint32 interval;
        bytes input;
        bytes output;
        bytes proof;
    }

    /// @notice `node` has a new item.
    event NewInboxItem(bytes32 indexed containerId, address indexed node, uint256 index);

    /// @notice Only the coordinator writes answers.
    error NotCoordinator();

    /// @notice Writes an item in the caller's own name. Anyone may.
    function write(
        bytes32 containerId,
        bytes calldata input,
        bytes calldata output,
        bytes calldata proof
    )
        external
        returns (uint256 index);

    /// @notice Writes an answer in `node`'s name. Only the coordinator.
    function writeViaCoordinator(
        bytes32 containerId,
        address node,
        uint32 subscriptionId,
        uint32 interval,
        bytes calldata input,
        bytes calldata output,
        bytes calldata proof
    )
        external
        returns (uint256 index);

    /// @notice An item; reverts where there is none.
    function read(bytes32 containerId, address node, uint256 index) external view returns (InboxItem memory);
}
