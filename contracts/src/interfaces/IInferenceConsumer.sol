// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Receives results. Anyone can name any consumer in a request, so accept only ids you made or authorised.
interface IInferenceConsumer {
    /// @notice Called by the gateway with exactly the request's `callbackGasLimit`. A revert is recorded and does not
    /// undo the settlement.
    /// @param id The request
    /// @param requester Who made it
    /// @param context The bytes whose hash stood in the terms
    /// @param status 1 ok | 2 unsupported | 3 refused | 4 failed
    /// @param output The output; empty unless the status is ok
    /// @param isFinal False while a policy's window can still overturn the result
    function onInference(
        bytes32 id,
        address requester,
        bytes calldata context,
        uint8 status,
        bytes calldata output,
        bool isFinal
    )
        external;
}
