// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A subscription as Infernet's coordinator stores and signs it; the order of the members is part of its ABI.
/// @param owner The consumer: who created it and receives its answers
/// @param activeAt Unix seconds at which interval 1 begins; 2^32 - 1 = cancelled
/// @param period Seconds of an interval; 0 = one interval without an end (a callback)
/// @param frequency Number of the last interval
/// @param redundancy How many operators have to vouch for each answer
/// @param containerId keccak256 of the ABI encoding of the containers' names
/// @param lazy Whether answers are left in the Inbox rather than handed over
/// @param verifier Always zero here
/// @param paymentAmount What one operator's answer may cost at most, in `paymentToken`'s smallest unit
/// @param paymentToken 0 = the chain's native token
/// @param wallet Who pays; a wallet of the coordinator's factory
struct Subscription {
    address owner;
    uint32 activeAt;
    uint32 period;
    uint32 frequency;
    uint16 redundancy;
    bytes32 containerId;
    bool lazy;
    address verifier;
    uint256 paymentAmount;
    address paymentToken;
    address wallet;
}
