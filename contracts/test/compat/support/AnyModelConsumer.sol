// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CallbackConsumer} from "./InfernetBases.sol";
import {Recording} from "./InfernetConsumers.sol";

/// @notice Asks whatever containers it is told, as the SDK's callback consumers do. For local worlds, whose routes have the
/// models' own names.
contract AnyModelConsumer is Recording, CallbackConsumer {
    constructor(address registry) CallbackConsumer(registry) {}

    function ask(
        string calldata containers,
        string calldata prompt,
        uint16 redundancy,
        uint256 payment,
        address wallet
    )
        external
        returns (uint32)
    {
        return _requestCompute(containers, abi.encode(prompt), redundancy, address(0), payment, wallet, address(0));
    }

    function _receiveCompute(
        uint32 subscriptionId,
        uint32 interval_,
        uint16 redundancy,
        address node,
        bytes memory input_,
        bytes memory output,
        bytes memory proof,
        bytes32 containerId_,
        uint256 index_
    )
        internal
        override
    {
        _record(subscriptionId, interval_, redundancy, node, input_, output, proof, containerId_, index_);
    }
}
