// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {InferenceConsumer} from "../../InferenceConsumer.sol";
import {Policy} from "../../types/Policy.sol";
import {IInfernetCoordinator} from "../interfaces/IInfernetCoordinator.sol";
import {Route} from "../types/Route.sol";

/// @notice Which model and policy stand for which containers. Routes decide whom consumers believe, so they are only ever
/// added: the owner can open a name, but not turn an answered one elsewhere.
abstract contract Routes is IInfernetCoordinator, InferenceConsumer, Ownable2Step {
    uint256 internal constant BPS = 10_000;

    mapping(bytes32 containerId => mapping(uint16 redundancy => Route)) private _routes;

    /// @inheritdoc IInfernetCoordinator
    function addRoute(string calldata containers, Route calldata route) external override onlyOwner {
        Policy memory policy = gateway.policyOf(route.policyId);
        bool usable = route.relayBps <= BPS && route.callbackGas > 0 && route.callbackGas <= gateway.MAX_CALLBACK_GAS()
            && route.ttl >= policy.minTtl && route.ttl <= gateway.MAX_TTL();
        if (!usable) revert InvalidRoute(route);
        bytes32 containerId = _containerId(containers);
        if (_routes[containerId][policy.k].policyId != 0) revert RouteExists(containerId, policy.k);
        _routes[containerId][policy.k] = route;
        emit RouteAdded(containerId, policy.k, containers, route);
    }

    /// @inheritdoc IInfernetCoordinator
    function routeOf(bytes32 containerId, uint16 redundancy) public view override returns (Route memory) {
        return _routes[containerId][redundancy];
    }

    /// @dev Infernet's rule: the hash of the string's ABI encoding, not of its bytes.
    function _containerId(string memory containers) internal pure returns (bytes32) {
        return keccak256(abi.encode(containers));
    }

    function _requireRoute(bytes32 containerId, uint16 redundancy) internal view {
        if (_routes[containerId][redundancy].policyId == 0) revert NoRoute(containerId, redundancy);
    }
}
