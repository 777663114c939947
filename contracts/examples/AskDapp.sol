// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InferenceConsumer} from "../src/InferenceConsumer.sol";
import {IInferenceGateway} from "../src/interfaces/IInferenceGateway.sol";

/// @notice Anyone asks a model a question; the answer is stored here when it arrives. To build your own, inherit
/// `InferenceConsumer`, call `_ask`, and override `_onAnswer`.
contract AskDapp is InferenceConsumer {
    struct Answer {
        bool answered;
        uint8 status;
        string output;
        address asker;
    }

    /// @notice `asker` sent request `id`.
    event Asked(bytes32 indexed id, address indexed asker);
    /// @notice The answer to `id` arrived. Status 1 is ok; any other was refunded to the asker and has no output.
    event Answered(bytes32 indexed id, uint8 status, string output);

    /// @notice Storing costs about 22,100 gas per 32 bytes: this is enough for an answer of about 500 bytes.
    uint32 public constant CALLBACK_GAS = 500_000;

    /// @notice Answers by request; `answered` is false until one arrives.
    mapping(bytes32 id => Answer) public answers;

    constructor(IInferenceGateway gateway_) InferenceConsumer(gateway_) {}

    /// @notice Asks `modelId` for what it makes of `input`. Send both fees and the
    /// gateway's protocol fee, exactly. If no answer comes by `deadline`, anyone may
    /// call `gateway.expire`, and the fees are the asker's to claim at the gateway.
    function ask(
        bytes32 modelId,
        string calldata input,
        uint32 policyId,
        uint96 workerFee,
        uint96 relayFee,
        uint40 deadline
    )
        external
        payable
        returns (bytes32 id)
    {
        Question memory question = Question({
            modelId: modelId,
            policyId: policyId,
            workerFee: workerFee,
            relayFee: relayFee,
            deadline: deadline,
            callbackGasLimit: CALLBACK_GAS,
            refundTo: msg.sender
        });
        // The context travels with the answer, so that nothing has to be stored until it arrives.
        id = _ask(question, bytes(input), abi.encode(msg.sender), msg.value);
        emit Asked(id, msg.sender);
    }

    function _onAnswer(
        bytes32 id,
        bytes calldata context,
        uint8 status,
        bytes calldata output,
        bool
    )
        internal
        override
    {
        answers[id] = Answer(true, status, string(output), abi.decode(context, (address)));
        emit Answered(id, status, string(output));
    }
}
