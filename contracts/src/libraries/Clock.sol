// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Reads the chain's clock in seconds, also where it counts milliseconds, as Ritual's does.
library Clock {
    /// @dev Seconds get this far in the year 5138, milliseconds did in 1973: no clock is ambiguous. So the unit is told
    /// from each reading rather than configured: it cannot be configured wrongly, and a chain that changes its unit
    /// between two blocks stops no deadline.
    uint256 private constant FIRST_MILLISECONDS = 1e11;

    /// @notice The present time in Unix seconds.
    function nowAt() internal view returns (uint40) {
        return uint40(block.timestamp < FIRST_MILLISECONDS ? block.timestamp : block.timestamp / 1_000);
    }
}
