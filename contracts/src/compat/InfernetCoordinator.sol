// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {InferenceConsumer} from "../InferenceConsumer.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {Directory} from "./coordinator/Directory.sol";
import {Intervals} from "./coordinator/Intervals.sol";
import {IInfernetCoordinator} from "./interfaces/IInfernetCoordinator.sol";
import {Subscription} from "./types/Subscription.sol";

/// @notice See `IInfernetCoordinator`. Subscriptions (coordinator/Subscriptions.sol) are asked and answered interval by
/// interval (coordinator/Intervals.sol) along routes (coordinator/Routes.sol). Here is what a gateway leaves no room for.
contract InfernetCoordinator is Intervals {
    /// @param gateway_ Answers; fixed
    /// @param owner_ Adds routes, and can do nothing else
    constructor(
        IInferenceGateway gateway_,
        address owner_
    )
        InferenceConsumer(gateway_)
        Directory(gateway_)
        Ownable(owner_)
    {}

    /// @inheritdoc IInfernetCoordinator
    function deliverCompute(
        uint32,
        uint32,
        bytes calldata,
        bytes calldata,
        bytes calldata,
        address
    )
        external
        pure
        override
    {
        revert DeliveredByHerald();
    }

    /// @inheritdoc IInfernetCoordinator
    function deliverComputeDelegatee(
        uint32,
        uint32,
        Subscription calldata,
        uint8,
        bytes32,
        bytes32,
        uint32,
        bytes calldata,
        bytes calldata,
        bytes calldata,
        address
    )
        external
        pure
        override
    {
        revert DeliveredByHerald();
    }

    /// @inheritdoc IInfernetCoordinator
    function finalizeProofVerification(uint32, uint32, address, bool) external pure override {
        revert ProofRequestNotFound();
    }

    /// @inheritdoc IInfernetCoordinator
    function nodeResponded(bytes32) external pure override returns (bool) {
        revert NoNodes();
    }

    /// @inheritdoc IInfernetCoordinator
    function proofRequests(bytes32) external pure override returns (uint32, address, uint256) {
        return (0, address(0), 0);
    }
}
