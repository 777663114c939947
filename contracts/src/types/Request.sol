// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "./Terms.sol";

/// @notice One request of a batch; see `IInferenceGateway.request`.
struct Request {
    Terms terms;
    bytes input;
    bytes context;
}
