// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IntakeWord} from "../libraries/IntakeWord.sol";
import {OpenedRequest} from "../libraries/OpenedRequest.sol";
import {StateWord} from "../libraries/StateWord.sol";
import {StructAt} from "../libraries/StructAt.sol";
import {TermsCodec} from "../libraries/TermsCodec.sol";
import {Request} from "../types/Request.sol";
import {Terms} from "../types/Terms.sol";
import {Credits} from "./Credits.sol";
import {Policies} from "./Policies.sol";

/// @notice Takes requests, from who makes them or from anyone with their signature, and escrows their fees.
abstract contract Requests is Policies, Credits, EIP712 {
    using IntakeWord for uint256;

    /// @inheritdoc IInferenceGateway
    uint32 public constant override MAX_CALLBACK_GAS = 5_000_000;
    /// @inheritdoc IInferenceGateway
    uint256 public constant override MAX_INPUT_BYTES = 16_384;
    /// @inheritdoc IInferenceGateway
    uint256 public constant override MAX_CONTEXT_BYTES = 1_024;

    uint8 private constant TERMS_VERSION = 1;
    uint8 private constant INPUT_INLINE = 0;
    uint8 internal constant OUTPUT_HASH = 1;

    /// @inheritdoc IInferenceGateway
    mapping(bytes32 id => uint256 word) public override stateOf;

    constructor() EIP712("Herald", "1") {}

    /// @inheritdoc IInferenceGateway
    function request(
        Terms calldata terms,
        bytes calldata input,
        bytes calldata context
    )
        external
        payable
        override
        returns (bytes32 id)
    {
        if (terms.requester != msg.sender) revert NotRequester(terms.requester, msg.sender);
        uint256 total;
        (id, total) = _open(terms, input, context);
        _takeValue(_draw(terms, total));
    }

    /// @inheritdoc IInferenceGateway
    function requestBatch(Request[] calldata requests) external payable override returns (bytes32[] memory ids) {
        if (requests.length == 0) revert EmptyBatch();
        ids = new bytes32[](requests.length);
        uint256 value = 0;
        for (uint256 i = 0; i < requests.length; ++i) {
            Request calldata it = requests[i];
            if (it.terms.requester != msg.sender) revert NotRequester(it.terms.requester, msg.sender);
            uint256 total;
            (ids[i], total) = _open(it.terms, it.input, it.context);
            value += _draw(it.terms, total);
        }
        _takeValue(value);
    }

    /// @inheritdoc IInferenceGateway
    function requestBySig(
        Terms calldata terms,
        bytes calldata input,
        bytes calldata context,
        bytes calldata signature
    )
        external
        payable
        override
        returns (bytes32 id)
    {
        if (terms.salt == bytes32(0)) revert SaltRequired();
        uint256 total;
        (id, total) = _open(terms, input, context);
        if (!SignatureChecker.isValidSignatureNowCalldata(terms.requester, id, signature)) {
            revert InvalidSignature(id, terms.requester);
        }
        _takeValue(_draw(terms, total));
    }

    /// @inheritdoc IInferenceGateway
    function quote(Terms calldata terms)
        external
        view
        override
        returns (uint256 total, uint96 protocolFee_, uint40 earliestDeadline)
    {
        protocolFee_ = _feeOf(terms.feeToken, _intake.protocolFee());
        total = uint256(terms.workerFee) + terms.relayFee + protocolFee_;
        earliestDeadline = uint40(block.timestamp) + _minTtlOf(terms.policyId);
    }

    /// @inheritdoc IInferenceGateway
    function idOf(Terms calldata terms) external view override returns (bytes32 id) {
        return _idOf(terms);
    }

    /// @inheritdoc IInferenceGateway
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @notice Whether `consumer` must never be called: a contract this gateway trusts or is trusted by.
    function _isForbidden(address consumer) internal view virtual returns (bool);

    function _idOf(Terms calldata terms) internal view returns (bytes32) {
        return _hashTypedDataV4(TermsCodec.hashOf(terms));
    }

    function _total(Terms memory terms) internal pure returns (uint256) {
        // Three uint96 do not overflow a word.
        unchecked {
            return uint256(terms.workerFee) + terms.relayFee + terms.protocolFee;
        }
    }

    function _takeValue(uint256 required) internal view {
        if (msg.value != required) revert WrongFee(required, msg.value);
    }

    /// @return id The request
    /// @return total What is to be paid for it
    function _open(
        Terms calldata terms,
        bytes calldata input,
        bytes calldata context
    )
        private
        returns (bytes32 id, uint256 total)
    {
        uint256 intake = _intake;
        if (intake.isPaused()) revert IsPaused();
        if (intake.isSunset()) revert IsSunset();
        if (input.length > MAX_INPUT_BYTES) revert InputTooLarge(MAX_INPUT_BYTES, input.length);
        if (context.length > MAX_CONTEXT_BYTES) revert ContextTooLarge(MAX_CONTEXT_BYTES, context.length);
        uint256 at;
        uint256 size;
        {
            bytes32 inputHash;
            bytes32 contextHash;
            (at, size, inputHash, contextHash) = OpenedRequest.layOut(terms, input, context);
            _checkForm(StructAt.terms()(at), inputHash, contextHash);
        }
        Terms memory accepted = StructAt.terms()(at);
        // There is no policy 0, and at first none is remembered.
        if (accepted.policyId != intake.policyId() || accepted.policyId == 0) {
            intake = intake.withPolicy(accepted.policyId, _minTtlOf(accepted.policyId));
        }
        _checkDeadline(accepted.deadline, intake.minTtl());
        _checkFee(accepted, intake.protocolFee());

        intake = intake.withNext();
        _intake = intake;
        uint64 seq = intake.requestCount();
        if (accepted.salt == bytes32(0)) accepted.salt = bytes32(uint256(seq));
        id = _hashTypedDataV4(TermsCodec.hash(accepted));
        if (stateOf[id] != 0) revert RequestExists(id);
        stateOf[id] = StateWord.open(accepted.deadline);
        OpenedRequest.announce(at, size, id, seq);
        total = _total(accepted);
    }

    /// @return value What has to be paid in the native token
    function _draw(Terms calldata terms, uint256 total) private returns (uint256 value) {
        if (terms.feeToken == NATIVE) return total;
        _draw(terms.feeToken, terms.requester, total);
    }

    function _feeOf(address token, uint96 nativeFee) private view returns (uint96) {
        if (token == NATIVE) return nativeFee;
        FeeToken memory it = feeTokenOf[token];
        if (!it.accepted) revert UnsupportedToken(token);
        return it.fee;
    }

    function _checkFee(Terms memory terms, uint96 nativeFee) private view {
        uint96 fee = _feeOf(terms.feeToken, nativeFee);
        if (terms.protocolFee != fee) revert ProtocolFeeMismatch(fee, terms.protocolFee);
    }

    function _checkForm(Terms memory terms, bytes32 inputHash, bytes32 contextHash) private view {
        if (terms.version != TERMS_VERSION) revert UnsupportedVersion(TERMS_VERSION, terms.version);
        if (terms.consumer == address(0) || terms.refundTo == address(0)) revert ZeroAddress();
        if (_isForbidden(terms.consumer) || terms.consumer == terms.feeToken) revert ForbiddenConsumer(terms.consumer);
        if (terms.inputMode != INPUT_INLINE || terms.outputMode > OUTPUT_HASH) {
            revert UnsupportedMode(terms.inputMode, terms.outputMode);
        }
        if (terms.callbackGasLimit > MAX_CALLBACK_GAS) {
            revert CallbackGasTooHigh(MAX_CALLBACK_GAS, terms.callbackGasLimit);
        }
        if (inputHash != terms.inputHash) revert InputHashMismatch(terms.inputHash, inputHash);
        if (contextHash != terms.contextHash) revert ContextHashMismatch(terms.contextHash, contextHash);
    }

    function _checkDeadline(uint40 deadline, uint24 minTtl) private view {
        // No clock is near 2^40.
        unchecked {
            uint40 earliest = uint40(block.timestamp) + minTtl;
            if (deadline < earliest) revert DeadlineTooNear(earliest, deadline);
            uint40 latest = uint40(block.timestamp) + MAX_TTL;
            if (deadline > latest) revert DeadlineTooFar(latest, deadline);
        }
    }
}
