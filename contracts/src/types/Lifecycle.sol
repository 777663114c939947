// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// The numbers are wire values, the same as in wire/src/lifecycle.ts: append only, never reorder.

/// @notice Where a request stands.
enum RequestState {
    None,
    Open,
    Pending,
    Delivered,
    Declined,
    Expired
}

/// @notice What the workers say of a request.
enum AnswerStatus {
    None,
    Ok,
    Unsupported,
    Refused,
    Failed
}

/// @notice Why a result item was not taken.
enum Rejection {
    None,
    Malformed,
    UnknownRequest,
    AlreadySettled,
    Late,
    RelayerMismatch,
    ProofRejected,
    OutputMismatch,
    ContextMismatch,
    StatusUnknown,
    OutputTooLarge
}

/// @notice Why a whole message was not taken.
enum Ignored {
    None,
    UnknownVersion,
    UnknownType,
    Malformed
}
