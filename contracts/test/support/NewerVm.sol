// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Cheatcodes that forge-std 1.9.2 does not declare yet.
interface NewerVm {
    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    /// @notice Writes the last call's gas to snapshots/<group>.json.
    function snapshotGasLastCall(string calldata group, string calldata name) external returns (uint256 gasUsed);

    /// @notice Writes a number to snapshots/<group>.json.
    function snapshotValue(string calldata group, string calldata name, uint256 value) external;

    /// @notice The gas of the last call made.
    function lastCallGas() external view returns (Gas memory);

    /// @notice Expects an error by its selector, whatever its arguments.
    function expectPartialRevert(bytes4 selector) external;
}
