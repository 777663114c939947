// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInfernetInbox} from "./interfaces/IInfernetInbox.sol";

/// @notice See `IInfernetInbox`. Its coordinator is who deployed it.
contract InfernetInbox is IInfernetInbox {
    address private immutable _COORDINATOR = msg.sender;

    /// @notice All items; `read` gives the same as one struct.
    mapping(bytes32 containerId => mapping(address node => InboxItem[])) public items;

    /// @inheritdoc IInfernetInbox
    function write(
        bytes32 containerId,
        bytes calldata input,
        bytes calldata output,
        bytes calldata proof
    )
        external
        override
        returns (uint256)
    {
        return _write(containerId, msg.sender, InboxItem(uint32(block.timestamp), 0, 0, input, output, proof));
    }

    /// @inheritdoc IInfernetInbox
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
        override
        returns (uint256)
    {
        if (msg.sender != _COORDINATOR) revert NotCoordinator();
        return
            _write(
                containerId, node, InboxItem(uint32(block.timestamp), subscriptionId, interval, input, output, proof)
            );
    }

    /// @inheritdoc IInfernetInbox
    function read(bytes32 containerId, address node, uint256 index) external view override returns (InboxItem memory) {
        return items[containerId][node][index];
    }

    function _write(bytes32 containerId, address node, InboxItem memory item) private returns (uint256 index) {
        index = items[containerId][node].length;
        items[containerId][node].push(item);
        emit NewInboxItem(containerId, node, index);
    }
}
