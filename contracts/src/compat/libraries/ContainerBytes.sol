// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Shape} from "../types/Route.sol";

/// @notice Between the bytes consumers of Infernet write and read and those models take and give. Infernet's node writes
/// both directions as `abi.encode(bytes raw, bytes processed)`.
library ContainerBytes {
    /// @notice The consumer's input is not `abi.encode(string)`, which its route wants.
    error InputNotText();

    /// @notice Longest input that is handed back with the answer: the rest of the gateway's longest context is needed.
    uint256 internal constant MAX_ECHO = 512;

    /// @notice What the model is given for what the consumer gave.
    function forModel(Shape shape, bytes memory given) internal pure returns (bytes memory) {
        if (shape == Shape.Bytes) return given;
        if (given.length < 64 || _word(given, 0) != 32 || _word(given, 32) > given.length - 64) revert InputNotText();
        return bytes(abi.decode(given, (string)));
    }

    /// @notice What the consumer is given for what the model gave.
    function forConsumer(Shape shape, bytes calldata output) internal pure returns (bytes memory) {
        bytes memory raw = shape == Shape.Bytes ? output : abi.encode(string(output));
        return abi.encode(raw, bytes(""));
    }

    /// @notice What travels with a request and comes back with its answer.
    function context(uint32 subscriptionId, uint32 interval, bytes memory given) internal pure returns (bytes memory) {
        bytes memory echo = given.length > MAX_ECHO ? bytes("") : given;
        return abi.encode(subscriptionId, interval, abi.encode(echo, abi.encode(keccak256(given))));
    }

    function _word(bytes memory data, uint256 pos) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(data, 0x20), pos))
        }
    }
}
