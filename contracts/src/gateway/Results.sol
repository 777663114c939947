// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {CalldataWord} from "../libraries/CalldataWord.sol";
import {PayeeList} from "../libraries/PayeeList.sol";
import {ResultBody} from "../libraries/ResultBody.sol";
import {ResultItem} from "../libraries/ResultItem.sol";
import {SettledResult} from "../libraries/SettledResult.sol";
import {StateWord} from "../libraries/StateWord.sol";
import {StructAt} from "../libraries/StructAt.sol";
import {TermsCodec} from "../libraries/TermsCodec.sol";
import {VerifyCall} from "../libraries/VerifyCall.sol";
import {AnswerStatus, Ignored, Rejection, RequestState} from "../types/Lifecycle.sol";
import {Policy} from "../types/Policy.sol";
import {Result} from "../types/Result.sol";
import {Terms} from "../types/Terms.sol";
import {Settlement} from "./Settlement.sol";

/// @notice Takes the results the Mailbox delivers. What cannot change is recorded and passed over, so that one bad item
/// never holds up another; what another delivery could change (the sender, the value, the gas, a pause) reverts.
abstract contract Results is Settlement {
    using CalldataWord for bytes;
    using ResultItem for bytes;
    using StateWord for uint256;

    /// @inheritdoc IInferenceGateway
    uint256 public constant override MAX_OUTPUT_BYTES = 16_384;

    address private immutable _MAILBOX;

    constructor(address mailbox_) {
        if (mailbox_ == address(0)) revert ZeroAddress();
        _MAILBOX = mailbox_;
    }

    /// @inheritdoc IInferenceGateway
    function handle(uint32 origin, bytes32 sender, bytes calldata body) external payable override {
        if (msg.sender != _MAILBOX) revert NotMailbox(msg.sender);
        if (_outlet.paused) revert IsPaused();
        if (!isHub[origin][sender]) revert UnknownHub(origin, sender);
        if (msg.value != 0) revert WrongFee(0, msg.value);
        Ignored why = ResultBody.check(body);
        if (why != Ignored.None) {
            emit MessageIgnored(origin, sender, uint8(why));
            return;
        }
        for (uint256 pos = ResultBody.FIRST; pos < body.length;) {
            bytes calldata item;
            (item, pos) = ResultBody.itemAt(body, pos);
            _take(item);
        }
    }

    /// @inheritdoc IInferenceGateway
    function mailbox() public view override returns (address) {
        return _MAILBOX;
    }

    function _take(bytes calldata item) private {
        (bool fits, bytes calldata context, bytes calldata output, bytes calldata proof) = item.split();
        if (!fits) return _reject(bytes32(0), Rejection.Malformed, "");
        uint256 call = VerifyCall.layOut(proof);
        TermsCodec.decodeTo(call + VerifyCall.TERMS, item);
        Result memory result = Result({
            status: item.status(),
            outputHash: item.outputHash(),
            evidenceHash: item.evidenceHash(),
            relayer: item.relayer(),
            topUp: 0,
            payees: _none()
        });
        _consider(call, result, output, context);
    }

    /// @param call A `VerifyCall` with the terms and the proof
    /// @param result What the item says; who vouches and what was added to the fee are still to be found out
    function _consider(uint256 call, Result memory result, bytes calldata output, bytes calldata context) private {
        Terms memory terms = StructAt.terms()(call + VerifyCall.TERMS);
        bytes32 id = _nameClaim(StructAt.claim()(call + VerifyCall.CLAIM), terms, result);
        uint256 word = stateOf[id];
        Rejection why = _judge(word, terms, result, output, context);
        if (why != Rejection.None) return _reject(id, why, "");
        uint8 level = _readPolicy(terms.policyId, StructAt.policy()(call + VerifyCall.POLICY));
        if (!_verify(id, call, result)) return;
        result.topUp = word.topUp();
        _bring(id, call, result, output, context, level);
    }

    /// @dev Settled before anything of the consumer's runs. A status other than ok refunds in full and pays no one, so
    /// it needs no window.
    function _bring(
        bytes32 id,
        uint256 call,
        Result memory result,
        bytes calldata output,
        bytes calldata context,
        uint8 level
    )
        private
    {
        Terms memory terms = StructAt.terms()(call + VerifyCall.TERMS);
        bool answered = result.status == uint8(AnswerStatus.Ok);
        bool byHash = answered && terms.outputMode == OUTPUT_HASH;
        bool isFinal = true;
        {
            uint32 window = StructAt.policy()(call + VerifyCall.POLICY).window;
            RequestState state = RequestState.Declined;
            uint40 finalAt = uint40(block.timestamp);
            if (answered) state = RequestState.Delivered;
            if (answered && window > 0) (state, isFinal, finalAt) = (RequestState.Pending, false, finalAt + window);
            _settle(id, state, result, byHash ? StateWord.OUTPUT_AWAITED : 0, finalAt);
        }
        SettledResult.announce(id, result, output, level, isFinal);
        if (!answered) _refund(terms, _total(terms) + result.topUp);
        else if (isFinal) _pay(terms, result);
        // What goes by hash is called back when it is revealed.
        if (terms.callbackGasLimit == 0 || byHash) return;
        _callBack(id, terms, result.status, context, answered ? output : output[:0], isFinal);
    }

    /// @dev Everything but the proof, cheapest first. An open request has terms `request` has checked: version, modes
    /// and token are known.
    function _judge(
        uint256 word,
        Terms memory terms,
        Result memory result,
        bytes calldata output,
        bytes calldata context
    )
        private
        view
        returns (Rejection)
    {
        RequestState state = word.state();
        if (state != RequestState.Open) {
            return state == RequestState.None ? Rejection.UnknownRequest : Rejection.AlreadySettled;
        }
        if (_isClosed(word)) return Rejection.Late;
        uint8 status = result.status;
        if (status == 0 || status > uint8(type(AnswerStatus).max)) return Rejection.StatusUnknown;
        address relayer = result.relayer;
        if (relayer == address(0) || (terms.relayer != address(0) && terms.relayer != relayer)) {
            return Rejection.RelayerMismatch;
        }
        if (output.length > MAX_OUTPUT_BYTES) return Rejection.OutputTooLarge;
        // A declining worker may sign the hash of a reason that does not travel, and an output asked for by its hash
        // never does; what does travel is always what was signed.
        bool answered = status == uint8(AnswerStatus.Ok);
        if (answered && terms.outputMode == OUTPUT_HASH) {
            if (output.length > 0) return Rejection.OutputMismatch;
        } else if ((answered || output.length > 0) && output.hash() != result.outputHash) {
            return Rejection.OutputMismatch;
        }
        return context.hash() == terms.contextHash ? Rejection.None : Rejection.ContextMismatch;
    }

    /// @dev Writes every member of `claim`.
    function _nameClaim(
        IProofVerifier.Claim memory claim,
        Terms memory terms,
        Result memory result
    )
        private
        view
        returns (bytes32 id)
    {
        bytes32 separator = _domainSeparatorV4();
        id = MessageHashUtils.toTypedDataHash(separator, TermsCodec.hash(terms));
        claim.id = id;
        claim.domainSeparator = separator;
        // Status, outputHash, evidenceHash and relayer are in this order in both.
        assembly ("memory-safe") {
            mcopy(add(claim, 0x40), result, 0x80)
        }
    }

    /// @return vouched Whether the payees, now in `result`, vouch for it
    function _verify(bytes32 id, uint256 call, Result memory result) private returns (bool vouched) {
        Policy memory policy = StructAt.policy()(call + VerifyCall.POLICY);
        (bool ok, bytes memory returned) = BoundedCall.staticCall(
            policy.verifier, policy.verifyGas, RESERVE, VerifyCall.data(call), PayeeList.MAX_BYTES
        );
        if (ok) result.payees = PayeeList.decode(returned);
        vouched = result.payees.length > 0;
        if (!vouched) _reject(id, Rejection.ProofRejected, ok ? bytes("") : _firstOf(returned));
    }

    /// @dev Cuts in place.
    function _firstOf(bytes memory reason) private pure returns (bytes memory) {
        assembly ("memory-safe") {
            if gt(mload(reason), MAX_REASON) { mstore(reason, MAX_REASON) }
        }
        return reason;
    }

    function _none() private pure returns (address[] memory nobody) {}

    function _reject(bytes32 id, Rejection why, bytes memory detail) private {
        emit ResultRejected(id, uint8(why), detail);
    }
}
