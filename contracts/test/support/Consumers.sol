// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceConsumer} from "../../src/interfaces/IInferenceConsumer.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Terms} from "../../src/types/Terms.sol";
import {MailboxDouble} from "./MailboxDouble.sol";
import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";

/// @notice Remembers what it was called with, and the gas it had.
contract RecordingConsumer is IInferenceConsumer {
    uint256 public calls;
    uint256 public gasAtEntry;
    address public caller;
    bytes public received;

    function onInference(
        bytes32 id,
        address requester,
        bytes calldata context,
        uint8 status,
        bytes calldata output,
        bool isFinal
    )
        external
        override
    {
        gasAtEntry = gasleft();
        ++calls;
        caller = msg.sender;
        received = abi.encode(id, requester, context, status, output, isFinal);
    }
}

/// @notice Reverts with `size` bytes.
contract RevertingConsumer is IInferenceConsumer {
    uint256 private immutable _SIZE;

    constructor(uint256 size) {
        _SIZE = size;
    }

    function onInference(bytes32, address, bytes calldata, uint8, bytes calldata, bool) external view override {
        uint256 size = _SIZE;
        assembly ("memory-safe") {
            let data := mload(0x40)
            for { let i := 0 } lt(i, size) { i := add(i, 32) } { mstore(add(data, i), not(0)) }
            revert(data, size)
        }
    }
}

/// @notice Returns as much as its gas allows, or burns it.
contract GreedyConsumer is IInferenceConsumer {
    bool private immutable _RETURNS;

    constructor(bool returns_) {
        _RETURNS = returns_;
    }

    function onInference(bytes32, address, bytes calldata, uint8, bytes calldata, bool) external view override {
        if (!_RETURNS) while (true) {}
        assembly ("memory-safe") {
            return(mload(0x40), 200000)
        }
    }
}

/// @notice Tries everything it can reach while it is being called back.
contract ReentrantConsumer is IInferenceConsumer {
    MailboxDouble private immutable _MAILBOX;
    IInferenceGateway private immutable _GATEWAY;
    Terms private _answered;
    Terms private _next;
    bytes private _message;
    uint32 private _origin;
    bytes32 private _hub;

    bytes4 public expireError;
    bytes4 public handleError;
    bool public redelivered;
    bytes32 public nextId;
    uint256 public claimed;

    constructor(MailboxDouble mailbox, IInferenceGateway gateway) {
        _MAILBOX = mailbox;
        _GATEWAY = gateway;
    }

    receive() external payable {}

    function arm(Terms memory answered, Terms memory next, bytes memory message, uint32 origin, bytes32 hub) external {
        (_answered, _next, _message, _origin, _hub) = (answered, next, message, origin, hub);
    }

    function ask(Terms calldata terms) external payable returns (bytes32) {
        return _GATEWAY.request{value: msg.value}(terms, "", "");
    }

    function onInference(bytes32, address, bytes calldata, uint8, bytes calldata, bool) external override {
        try _GATEWAY.expire(_answered) {}
        catch (bytes memory reason) {
            expireError = bytes4(reason);
        }
        try _GATEWAY.handle(_origin, _hub, _message) {}
        catch (bytes memory reason) {
            handleError = bytes4(reason);
        }
        // The Mailbox may well be entered again, with another message that carries the same item.
        _MAILBOX.deliver(IMessageRecipient(address(_GATEWAY)), _origin, _hub, _message);
        redelivered = true;
        try _GATEWAY.claim(address(0), address(this)) returns (uint256 amount) {
            claimed = amount;
        } catch {}
        nextId = _GATEWAY.request{value: uint256(_next.workerFee) + _next.relayFee + _next.protocolFee}(_next, "", "");
    }
}
