// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";

/// @notice Stands for Hyperlane's Mailbox in unit tests: hands bodies over as told, and records what is dispatched.
contract MailboxDouble {
    uint256 public fee;
    uint32 public destination;
    bytes32 public recipient;
    bytes public body;
    bytes public metadata;
    uint256 public received;

    function deliver(IMessageRecipient to, uint32 origin, bytes32 sender, bytes calldata message) external payable {
        to.handle{value: msg.value}(origin, sender, message);
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function dispatch(
        uint32 destination_,
        bytes32 recipient_,
        bytes calldata body_,
        bytes calldata metadata_
    )
        external
        payable
        returns (bytes32)
    {
        (destination, recipient, body, metadata, received) = (destination_, recipient_, body_, metadata_, msg.value);
        return keccak256(body_);
    }

    function quoteDispatch(
        uint32,
        bytes32,
        bytes calldata body_,
        bytes calldata metadata_
    )
        external
        view
        returns (uint256)
    {
        return fee + body_.length + metadata_.length;
    }
}
