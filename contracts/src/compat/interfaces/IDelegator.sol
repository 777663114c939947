// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A consumer for which a key may sign subscriptions (`Delegator` of Infernet's SDK).
interface IDelegator {
    /// @notice The key.
    function getSigner() external view returns (address);
}
