// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Policy} from "../types/Policy.sol";
import {Request} from "../types/Request.sol";
import {Result} from "../types/Result.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Takes requests for inference, holds their fees, and settles them by results that Hyperlane delivers and the
/// request's policy verifies. Immutable: there is no upgrade, only a successor and `sunset`.
interface IInferenceGateway {
    /// @notice A request was accepted. `seq` counts from 1 without gaps, so that a reader can tell what it missed.
    event RequestOpened(bytes32 indexed id, uint64 indexed seq, Terms terms, bytes input, bytes context);
    /// @notice `from` added `amount` to the relay fee; `topUp` is all that was added so far.
    event RequestToppedUp(bytes32 indexed id, address indexed from, uint96 amount, uint96 topUp);
    /// @notice The requester called the request off: results are taken until `closeAt` only.
    event RequestCancelled(bytes32 indexed id, uint40 closeAt);
    /// @notice The closing time passed without a result and the fees were credited to `refundTo`.
    event RequestExpired(bytes32 indexed id, address indexed refundTo, uint256 amount);
    /// @notice A result settled the request. `status` 1 pays; any other status refunds in full. `level` is what the
    /// policy's verifier says it gives: 1 attested, 2 proven, 3 optimistic, 4 TEE. Unless `isFinal`, nobody is paid yet
    /// and the result may be overturned until `finalAt` in the state word. `output` is empty where the terms want only
    /// its hash.
    event ResultDelivered(
        bytes32 indexed id,
        uint8 status,
        bytes32 outputHash,
        bytes32 evidenceHash,
        address indexed relayer,
        address[] payees,
        bytes output,
        uint8 level,
        bool isFinal
    );
    /// @notice The window passed and the result stands; everyone is paid.
    event ResultFinalized(bytes32 indexed id);
    /// @notice The policy's verifier disputes the result; unless it rules by `finalAt`, the fees are refunded.
    event ResultDisputed(bytes32 indexed id, uint40 finalAt);
    /// @notice The policy's verifier found the disputed result good; it is final after `finalAt`.
    event ResultUpheld(bytes32 indexed id);
    /// @notice The result fell, by its policy's verifier or because a dispute was never ruled on: the fees were credited
    /// to `refundTo`.
    event ResultOverturned(bytes32 indexed id, address indexed refundTo, uint256 amount);
    /// @notice The output of a result that was settled by its hash.
    event OutputRevealed(bytes32 indexed id, bytes output);
    /// @notice A result item was not taken. Reasons are append-only: 1 malformed, 2 unknownRequest, 3 alreadySettled, 4
    /// late, 5 relayerMismatch, 6 proofRejected, 7 outputMismatch, 8 contextMismatch, 9 statusUnknown, 10 outputTooLarge. `id` is 0
    /// where the item is malformed; `detail` is the first bytes of the verifier's revert data where it rejected.
    event ResultRejected(bytes32 indexed id, uint8 reason, bytes detail);
    /// @notice A whole message was not taken. Reasons are append-only: 1 unknownVersion, 2 unknownType, 3 malformed.
    event MessageIgnored(uint32 indexed origin, bytes32 indexed sender, uint8 reason);
    /// @notice The consumer's callback returned.
    event CallbackSucceeded(bytes32 indexed id);
    /// @notice The consumer's callback reverted or ran out of gas; `reason` is the first bytes of its revert data.
    event CallbackFailed(bytes32 indexed id, bytes reason);
    /// @notice `account` is refunded: it may claim `amount` more. Payments have no event of their own: each payee is
    /// credited workerFee / payees (the first what does not divide too), the relayer relayFee and top-ups, the recipient
    /// protocolFee, when the result is final.
    event Credited(address indexed token, address indexed account, uint256 amount);
    /// @notice `account`'s credit was paid out to `to`.
    event Claimed(address indexed token, address indexed account, address indexed to, uint256 amount);
    /// @notice A policy was registered.
    event PolicyRegistered(uint32 indexed policyId, Policy policy);
    /// @notice Messages of `hub` from `domain` are (not) accepted.
    event HubSet(uint32 indexed domain, bytes32 indexed hub, bool enrolled);
    /// @notice The fee new requests pay to the protocol.
    event ProtocolFeeSet(uint96 fee);
    /// @notice Who is credited protocol fees from now on.
    event ProtocolFeeRecipientSet(address indexed recipient);
    /// @notice Requests in `token` are (not) taken; new ones pay `fee` to the protocol.
    event FeeTokenSet(address indexed token, bool accepted, uint96 fee);
    /// @notice Who may pause from now on.
    event GuardianSet(address indexed guardian);
    /// @notice Requests and deliveries stopped or go on; `by` decided it.
    event PauseSet(bool paused, address indexed by);
    /// @notice No new requests are taken, for ever; open ones settle or expire.
    event SunsetBegun();

    /// @notice The terms' version is not the one this gateway speaks.
    error UnsupportedVersion(uint8 expected, uint8 given);
    /// @notice Only the requester named in the terms may send the request.
    error NotRequester(address requester, address caller);
    /// @notice A consumer and a refund recipient are needed.
    error ZeroAddress();
    /// @notice The gateway never calls itself, its Mailbox or its security module.
    error ForbiddenConsumer(address consumer);
    /// @notice There is no such policy; `count` exist, numbered from 1.
    error UnknownPolicy(uint32 policyId, uint32 count);
    /// @notice The policy's numbers are out of bounds: verifier without code, k of 0, no gas or more than
    /// `MAX_VERIFY_GAS`, a `minTtl` beyond `MAX_TTL`, a window beyond `MAX_WINDOW`, a set above 2^24 - 1.
    error InvalidPolicy(Policy policy);
    /// @notice The deadline leaves less than the policy's `minTtl`.
    error DeadlineTooNear(uint40 earliest, uint40 given);
    /// @notice The deadline is further away than `MAX_TTL`.
    error DeadlineTooFar(uint40 latest, uint40 given);
    /// @notice The input is longer than `MAX_INPUT_BYTES`.
    error InputTooLarge(uint256 limit, uint256 given);
    /// @notice The context is longer than `MAX_CONTEXT_BYTES`.
    error ContextTooLarge(uint256 limit, uint256 given);
    /// @notice The callback asks for more than `MAX_CALLBACK_GAS`.
    error CallbackGasTooHigh(uint32 limit, uint32 given);
    /// @notice This version takes inline inputs (mode 0) and inline or hashed outputs (modes 0 and 1).
    error UnsupportedMode(uint8 inputMode, uint8 outputMode);
    /// @notice Requests in this token are not taken.
    error UnsupportedToken(address token);
    /// @notice The input does not hash to the terms' `inputHash`.
    error InputHashMismatch(bytes32 expected, bytes32 given);
    /// @notice The context does not hash to the terms' `contextHash`.
    error ContextHashMismatch(bytes32 expected, bytes32 given);
    /// @notice The terms name another protocol fee than the present one; ask `quote` again.
    error ProtocolFeeMismatch(uint96 expected, uint96 given);
    /// @notice The value sent is not the sum of the fees; a delivery takes none.
    error WrongFee(uint256 required, uint256 sent);
    /// @notice The same terms were sent before; choose another salt.
    error RequestExists(bytes32 id);
    /// @notice The request is not open; `state` is its present state.
    error NotOpen(bytes32 id, uint8 state);
    /// @notice A result may still arrive and be paid until `closeAt`.
    error NotClosed(bytes32 id, uint40 closeAt, uint40 nowAt);
    /// @notice Only the Mailbox may deliver messages.
    error NotMailbox(address caller);
    /// @notice Only enrolled hubs may send results.
    error UnknownHub(uint32 domain, bytes32 sender);
    /// @notice The delivery carries too little gas for what the request was promised; deliver again with more.
    error InsufficientGas(uint256 required, uint256 available);
    /// @notice There is nothing to claim.
    error NothingToClaim(address token, address account);
    /// @notice The recipient did not take the payment.
    error PaymentFailed(address to, uint256 amount);
    /// @notice A signed request needs a salt, so that the requester knows the id it signs.
    error SaltRequired();
    /// @notice The signature is not the requester's over the request id.
    error InvalidSignature(bytes32 id, address requester);
    /// @notice A batch needs at least one request.
    error EmptyBatch();
    /// @notice The token moved another amount than it was asked to; such tokens cannot be escrowed.
    error InexactTransfer(address token, uint256 expected, uint256 received);
    /// @notice The request closed at `closeAt`; nothing can be added to it.
    error Closed(bytes32 id, uint40 closeAt);
    /// @notice The request closes at `closeAt` already, which is not later than a cancellation would make it.
    error AlreadyClosing(bytes32 id, uint40 closeAt);
    /// @notice Nothing was added.
    error ZeroAmount();
    /// @notice The result presented is not the one the request was settled with.
    error ResultMismatch(bytes32 id);
    /// @notice The output presented does not hash to the result's `outputHash`.
    error OutputHashMismatch(bytes32 expected, bytes32 given);
    /// @notice The output is not awaited: it travelled with the result, or was revealed before.
    error NothingToReveal(bytes32 id);
    /// @notice No callback of this request has failed.
    error NothingToRetry(bytes32 id);
    /// @notice The callback failed again; `reason` is the first bytes of its revert data.
    error RetryFailed(bytes32 id, bytes reason);
    /// @notice The request has no result that waits for its window; `state` is its present state.
    error NotPending(bytes32 id, uint8 state);
    /// @notice Until `finalAt` (inclusive) the result may be overturned, after it anyone may finalise it.
    error NotFinalYet(bytes32 id, uint40 finalAt, uint40 nowAt);
    /// @notice The window has passed.
    error WindowPassed(bytes32 id, uint40 finalAt, uint40 nowAt);
    /// @notice Only the policy's verifier may dispute, uphold and overturn.
    error NotVerifier(address verifier, address caller);
    /// @notice The result is disputed already, or was.
    error AlreadyDisputed(bytes32 id);
    /// @notice The result is not disputed.
    error NotDisputed(bytes32 id);
    /// @notice Only the guardian or the owner may pause.
    error NotGuardian(address caller);
    /// @notice The gateway is paused: deliver or ask again later. `expire`, `finalize`, `cancel` and claims go on.
    error IsPaused();
    /// @notice This gateway takes no new requests; ask its successor.
    error IsSunset();

    /// @notice Most gas a callback may be promised.
    function MAX_CALLBACK_GAS() external view returns (uint32);
    /// @notice Most gas a policy may promise its verifier.
    function MAX_VERIFY_GAS() external view returns (uint32);
    /// @notice Longest input, in bytes.
    function MAX_INPUT_BYTES() external view returns (uint256);
    /// @notice Longest context, in bytes.
    function MAX_CONTEXT_BYTES() external view returns (uint256);
    /// @notice Longest output that travels with a result, in bytes; longer ones go by hash (output mode 1).
    function MAX_OUTPUT_BYTES() external view returns (uint256);
    /// @notice Longest window of a policy, in seconds.
    function MAX_WINDOW() external view returns (uint32);
    /// @notice How long results are still taken and paid after `cancel`, in seconds: more than an origin's finality and
    /// the slowest lane's delivery together, so that work begun in good faith is paid.
    function CANCEL_GRACE() external view returns (uint40);
    /// @notice Longest time between a request and its deadline, in seconds.
    function MAX_TTL() external view returns (uint40);

    /// @notice Sends a request and escrows its fees: worker, relay and protocol fee, exactly. Native fees are
    /// `msg.value`; a token's are drawn from the requester's allowance.
    /// @param terms Complete terms with `requester` the caller; a zero `salt` is replaced by the sequence number
    /// @param input Bytes that hash to `terms.inputHash`
    /// @param context Bytes that hash to `terms.contextHash`, handed back in the callback
    /// @return id EIP-712 digest of the terms as accepted
    function request(
        Terms calldata terms,
        bytes calldata input,
        bytes calldata context
    )
        external
        payable
        returns (bytes32 id);

    /// @notice Sends several requests in one go; one that is refused refuses them all.
    /// @return ids In the order of the requests
    function requestBatch(Request[] calldata requests) external payable returns (bytes32[] memory ids);

    /// @notice Sends a request its requester signed (EIP-712, the id is the digest; ERC-1271 for contracts). Anyone may:
    /// who submits it pays native fees, and can change nothing. Refunds go to `terms.refundTo` all the same.
    /// @param terms Complete terms; `salt` must not be zero
    /// @param signature The requester's, over the id
    function requestBySig(
        Terms calldata terms,
        bytes calldata input,
        bytes calldata context,
        bytes calldata signature
    )
        external
        payable
        returns (bytes32 id);

    /// @notice Adds to an open request's relay fee, in its token; paid, or refunded, with the rest. Anyone may.
    function topUp(Terms calldata terms, uint96 amount) external payable;

    /// @notice Calls an open request off: it closes `CANCEL_GRACE` from now if it does not sooner. A result that comes
    /// before is paid, so knowing the answer early saves nobody the fee. Only the requester.
    function cancel(Terms calldata terms) external;

    /// @notice What a request with these terms has to pay and keep to, now.
    /// @return total To pay, in `terms.feeToken`: worker, relay and protocol fee
    /// @return protocolFee Value for `terms.protocolFee`
    /// @return earliestDeadline Least deadline the policy allows
    function quote(Terms calldata terms)
        external
        view
        returns (uint256 total, uint96 protocolFee, uint40 earliestDeadline);

    /// @notice Refunds an open request after its closing time. Anyone may.
    function expire(Terms calldata terms) external;

    /// @notice Makes public the output of a result settled by its hash, and runs the callback it was promised. Anyone
    /// may, once.
    /// @param result As it was settled
    /// @param output Bytes that hash to `result.outputHash`
    /// @param context Bytes that hash to `terms.contextHash`
    function reveal(
        Terms calldata terms,
        Result calldata result,
        bytes calldata output,
        bytes calldata context
    )
        external;

    /// @notice Runs a callback that failed once more, with the promised gas or all that this call has left, whichever
    /// is more. Reverts if it fails again. Anyone may.
    function retryCallback(
        Terms calldata terms,
        Result calldata result,
        bytes calldata output,
        bytes calldata context
    )
        external;

    /// @notice Ends the wait of a pending result after `finalAt`: pays everyone and runs the final callback, or refunds
    /// if it is disputed and was never ruled on. Anyone may.
    /// @param output The output; may be empty where there is no callback or only the hash was asked for
    /// @param context The context; may be empty likewise
    function finalize(
        Terms calldata terms,
        Result calldata result,
        bytes calldata output,
        bytes calldata context
    )
        external;

    /// @notice Marks a pending result as disputed and gives the dispute a window of its own. Only the policy's verifier,
    /// once, until `finalAt`.
    function dispute(Terms calldata terms) external;

    /// @notice Withdraws the dispute: the result stands, and is final after `finalAt`. Only the policy's verifier.
    function uphold(Terms calldata terms) external;

    /// @notice Refunds a pending request in full and tells the consumer (status 4). Only the policy's verifier, until
    /// `finalAt`.
    /// @param context Bytes that hash to `terms.contextHash`; may be empty where there is no callback
    function overturn(Terms calldata terms, Result calldata result, bytes calldata context) external;

    /// @notice Registers a policy, if its verifier has nothing against it. Anyone may; a request chooses the policy it
    /// trusts. Ids are counted, so a reorg can give one to another policy: name it once its registration is final.
    function registerPolicy(Policy calldata policy) external returns (uint32 policyId);

    /// @notice Pays the caller's credit in `token` out to `to`.
    function claim(address token, address to) external returns (uint256 amount);

    /// @notice Pays `account`'s credit in `token` to `account` itself. Anyone may, for contracts that cannot call.
    function claimFor(address token, address account) external returns (uint256 amount);

    /// @notice Receives result messages from the Mailbox. Never reverts for what cannot change; reverts for too little
    /// gas.
    function handle(uint32 origin, bytes32 sender, bytes calldata body) external payable;

    /// @notice The security module of every message to this gateway; never zero.
    function interchainSecurityModule() external view returns (address);

    /// @notice Id of terms, without sending them.
    function idOf(Terms calldata terms) external view returns (bytes32 id);

    /// @notice The one word of state: `state uint8 | flags uint8 | open: closeAt uint40, topUp uint96 | pending or settled:
    /// finalAt uint40, digest uint200`, from the lowest byte. Flags: 1 the callback failed, 2 the output is not revealed
    /// yet, 4 disputed, 8 upheld. The digest is the low 200 bits of keccak256(abi.encode(result)) while pending, and of
    /// keccak256(abi.encode(status, outputHash, evidenceHash, payees)) once settled. States are append-only: 0 none, 1 open, 2 pending, 3
    /// delivered, 4 declined, 5 expired.
    function stateOf(bytes32 id) external view returns (uint256 word);

    /// @notice What `account` can claim in `token`.
    function credits(address token, address account) external view returns (uint256 amount);

    /// @notice The level a policy's verifier gave when the policy was registered.
    function levelOf(uint32 policyId) external view returns (uint8 level);

    /// @notice A policy's record.
    function policyOf(uint32 policyId) external view returns (Policy memory);

    /// @notice How many policies there are; they are numbered from 1.
    function policyCount() external view returns (uint32);

    /// @notice How many requests there were; also the last `seq`.
    function requestCount() external view returns (uint64);

    /// @notice Enrols or revokes a hub. Only the owner, a timelock in production.
    function setHub(uint32 domain, bytes32 hub, bool enrolled) external;

    /// @notice Takes or no longer takes requests in `token`, and sets what new ones pay to the protocol. Open requests
    /// keep to their terms. Only the owner.
    function setFeeToken(address token, bool accepted, uint96 fee) external;

    /// @notice Names who may pause; 0 = only the owner. Only the owner.
    function setGuardian(address guardian) external;

    /// @notice Stops requests, top-ups and deliveries at once; money owed stays claimable and refundable. Guardian or
    /// owner.
    function pause() external;

    /// @notice Ends a pause. Only the owner.
    function unpause() external;

    /// @notice Takes no new requests, for ever; open ones settle or expire. Only the owner.
    function sunset() external;

    /// @notice Sets the protocol fee of new requests; open requests keep the one in their terms. Only the owner.
    function setProtocolFee(uint96 fee) external;

    /// @notice Sets who is credited protocol fees, those of open requests included: they are credited on settlement,
    /// since a refund returns them. Only the owner.
    function setProtocolFeeRecipient(address recipient) external;

    /// @notice Whether messages of `hub` on `domain` are accepted.
    function isHub(uint32 domain, bytes32 hub) external view returns (bool);

    /// @notice The fee new requests pay to the protocol.
    function protocolFee() external view returns (uint96);

    /// @notice Who is credited protocol fees.
    function protocolFeeRecipient() external view returns (address);

    /// @notice Hyperlane's Mailbox, the only caller of `handle`.
    function mailbox() external view returns (address);

    /// @notice EIP-712 domain separator (name `Herald`, version `1`).
    function domainSeparator() external view returns (bytes32);

    /// @notice Whether requests in `token` are taken, and what new ones pay to the protocol.
    function feeTokenOf(address token) external view returns (bool accepted, uint96 fee);

    /// @notice Who may pause besides the owner.
    function guardian() external view returns (address);

    /// @notice Whether requests and deliveries are stopped.
    function isPaused() external view returns (bool);

    /// @notice Whether new requests are refused for ever.
    function isSunset() external view returns (bool);
}
