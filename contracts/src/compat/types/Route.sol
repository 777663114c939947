// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What stands between a consumer's bytes and a model's. Numbers are append-only.
enum Shape {
    // The model takes and gives the bytes as they are.
    Bytes,
    // The consumer writes and reads `abi.encode(string)`, the model takes and gives its UTF-8 bytes.
    Text
}

/// @notice How requests for a container, with one redundancy, are made at the gateway.
/// @param modelId The model that stands for the container
/// @param policyId Whose `k` is the redundancy
/// @param relayBps Share of the payment that is the relay fee, in 1/10,000 of what the protocol fee leaves
/// @param shape What stands between the consumer's bytes and the model's
/// @param callbackGas Gas the gateway promises the coordinator for handing an answer over
/// @param ttl Seconds from a request to its deadline
/// @param minimum Least payment beside the protocol fee, so that nobody can ask at a price nobody serves
struct Route {
    bytes32 modelId;
    uint32 policyId;
    uint16 relayBps;
    Shape shape;
    uint32 callbackGas;
    uint32 ttl;
    uint96 minimum;
}
