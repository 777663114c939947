// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ignored} from "../types/Lifecycle.sol";
import {CalldataWord} from "./CalldataWord.sol";

/// @notice Frame of a result message: version 1 | type 1 | count 2 | count times (length 4 | item). wire/src/body.ts
/// writes the same bytes.
library ResultBody {
    using CalldataWord for bytes;

    uint8 internal constant VERSION = 1;
    uint8 internal constant RESULTS = 1;
    uint256 internal constant MAX_ITEMS = type(uint16).max;
    /// @notice Where the first item begins.
    uint256 internal constant FIRST = 4;

    /// @notice Walks the whole frame before anything is done with it, so that a broken one has no effect at all.
    function check(bytes calldata body) internal pure returns (Ignored) {
        if (body.length < 2) return Ignored.Malformed;
        bytes32 head = body.word(0);
        if (uint8(head[0]) != VERSION) return Ignored.UnknownVersion;
        if (uint8(head[1]) != RESULTS) return Ignored.UnknownType;
        if (body.length < FIRST) return Ignored.Malformed;
        uint256 left = uint16(bytes2(head << 16));
        if (left == 0) return Ignored.Malformed;
        uint256 pos = FIRST;
        // At most 2^16 lengths below 2^32 are added up.
        unchecked {
            for (; left > 0; --left) {
                if (body.length < pos + 4) return Ignored.Malformed;
                pos += 4 + body.prefix(pos);
            }
        }
        return pos == body.length ? Ignored.None : Ignored.Malformed;
    }

    /// @notice The item that begins at `pos` in a checked frame, and where the next one does.
    function itemAt(bytes calldata body, uint256 pos) internal pure returns (bytes calldata item, uint256 next) {
        // Assembly because a slice would check again what `check` has.
        assembly ("memory-safe") {
            let at := add(body.offset, pos)
            item.length := shr(224, calldataload(at))
            item.offset := add(at, 4)
            next := add(add(pos, 4), item.length)
        }
    }

    /// @notice Frames 1 to `MAX_ITEMS` items; the caller has checked their number.
    /// @dev Assembly because concatenating in a loop copies the body once per item, which is quadratic in gas and
    /// memory.
    function encode(bytes[] calldata items) internal pure returns (bytes memory body) {
        uint256 size = FIRST;
        for (uint256 i = 0; i < items.length; ++i) {
            size += 4 + items[i].length;
        }
        body = new bytes(size);
        body[0] = bytes1(VERSION);
        body[1] = bytes1(RESULTS);
        body[2] = bytes1(uint8(items.length >> 8));
        body[3] = bytes1(uint8(items.length));
        uint256 pos = FIRST;
        for (uint256 i = 0; i < items.length; ++i) {
            bytes calldata item = items[i];
            assembly ("memory-safe") {
                let to := add(add(body, 0x20), pos)
                mstore8(to, shr(24, item.length))
                mstore8(add(to, 1), shr(16, item.length))
                mstore8(add(to, 2), shr(8, item.length))
                mstore8(add(to, 3), item.length)
                calldatacopy(add(to, 4), item.offset, item.length)
            }
            pos += 4 + item.length;
        }
    }
}
