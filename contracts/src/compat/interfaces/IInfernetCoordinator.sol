// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "../../types/Terms.sol";
import {Route} from "../types/Route.sol";
import {Subscription} from "../types/Subscription.sol";

/// @notice Infernet's registry, coordinator and reader (SDK v1) in one address, answered by a Herald gateway instead of
/// Infernet's nodes. Consumers use it as they use Infernet's; README.md beside this folder says what differs.
interface IInfernetCoordinator {
    // Infernet's events.

    /// @notice A subscription was created.
    event SubscriptionCreated(uint32 indexed id);
    /// @notice A subscription was cancelled.
    event SubscriptionCancelled(uint32 indexed id);
    /// @notice An answer was handed to a subscription's owner. `node` is always this contract.
    event SubscriptionFulfilled(uint32 indexed id, address indexed node);

    // Our events.

    /// @notice Containers can be asked for with this redundancy. It stays so: routes are never changed.
    event RouteAdded(bytes32 indexed containerId, uint16 indexed redundancy, string containers, Route route);
    /// @notice An interval's request was sent to the gateway, paid by `payer`, who also is refunded.
    event IntervalAsked(
        uint32 indexed subscriptionId, uint32 indexed interval, bytes32 indexed requestId, address payer
    );
    /// @notice The workers declined (`status` 2 unsupported, 3 refused, 4 failed). The payer is refunded and the
    /// interval can be asked again.
    event IntervalDeclined(
        uint32 indexed subscriptionId, uint32 indexed interval, bytes32 indexed requestId, uint8 status
    );

    // Infernet's errors.

    /// @notice There is no such subscription.
    error SubscriptionNotFound();
    /// @notice The subscription's first interval has not begun, or it was cancelled.
    error SubscriptionNotActive();
    /// @notice The last interval is over.
    error SubscriptionCompleted();
    /// @notice This is not the present interval.
    error IntervalMismatch();
    /// @notice The interval has its answer.
    error IntervalCompleted();
    /// @notice Only the subscription's owner cancels it.
    error NotSubscriptionOwner();
    /// @notice The wallet is not one of `WALLET_FACTORY`.
    error InvalidWallet();
    /// @notice The signature's `expiry` has passed.
    error SignatureExpired();
    /// @notice No key made this signature.
    error InvalidSignature();
    /// @notice Another key made it than the owner's `getSigner`.
    error SignerMismatch();
    /// @notice There are no proof requests here.
    error ProofRequestNotFound();

    // Our errors.

    /// @notice Answers come from the gateway only. Use `poke` to have an interval asked.
    error DeliveredByHerald();
    /// @notice No node answers, so none is recorded.
    error NoNodes();
    /// @notice These containers cannot be asked for with this redundancy.
    error NoRoute(bytes32 containerId, uint16 redundancy);
    /// @notice These containers have a route for this redundancy, and it stays.
    error RouteExists(bytes32 containerId, uint16 redundancy);
    /// @notice The gateway would refuse every request of this route, or its relay share is more than everything.
    error InvalidRoute(Route route);
    /// @notice Infernet's verifiers cannot take part: the route's policy verifies.
    error VerifierUnsupported(address verifier);
    /// @notice Only the chain's native token (0) pays.
    error TokenUnsupported(address token);
    /// @notice The interval was asked by request `requestId`, which is not refunded.
    error AlreadyAsked(bytes32 requestId);
    /// @notice The payment is less than the route's minimum with the protocol fee, or less than the subscription offers.
    error PaymentTooLow(uint256 required, uint256 given);
    /// @notice The gateway takes no fees as high.
    error PaymentTooHigh(uint256 limit, uint256 given);
    /// @notice Only this contract's wallets pay in, and only for a request.
    error NotWallet(address sender);
    /// @notice The terms, the context or the answer are not those the gateway settled.
    error NotAnswered(bytes32 requestId);
    /// @notice Less gas than the request's callback was promised.
    error TooLittleGas(uint256 required, uint256 available);

    // Registry.

    /// @notice This contract.
    function COORDINATOR() external view returns (address);
    /// @notice Where the answers of lazy subscriptions are left.
    function INBOX() external view returns (address);
    /// @notice This contract.
    function READER() external view returns (address);
    /// @notice Zero: there is no fee beside the gateway's.
    function FEE() external view returns (address);
    /// @notice Makes wallets.
    function WALLET_FACTORY() external view returns (address);

    // Coordinator.

    /// @notice Creates a subscription of the caller. Its first interval begins one period from now.
    /// @param containerId Containers' names, joined by commas; they and `redundancy` need a route
    /// @param redundancy How many operators have to vouch for each answer
    /// @param paymentAmount What an interval may cost, divided by `redundancy`; 0 = whoever pokes pays
    /// @param verifier Zero
    function createSubscription(
        string memory containerId,
        uint32 frequency,
        uint32 period,
        uint16 redundancy,
        bool lazy,
        address paymentToken,
        uint256 paymentAmount,
        address wallet,
        address verifier
    )
        external
        returns (uint32 subscriptionId);

    /// @notice Creates a subscription its owner's signer has signed, or finds the one created before with this nonce,
    /// whatever the rest says. Anyone may.
    /// @param expiry Unix seconds from which the signature is no longer taken
    function createSubscriptionDelegatee(
        uint32 nonce,
        uint32 expiry,
        Subscription calldata sub,
        uint8 v,
        bytes32 r,
        bytes32 s
    )
        external
        returns (uint32 subscriptionId);

    /// @notice Ends a subscription: it is not asked again, and an answer still under way is not handed over (but paid).
    /// Only its owner.
    function cancelSubscription(uint32 subscriptionId) external;

    /// @notice Reverts `DeliveredByHerald`.
    function deliverCompute(
        uint32 subscriptionId,
        uint32 deliveryInterval,
        bytes calldata input,
        bytes calldata output,
        bytes calldata proof,
        address nodeWallet
    )
        external;

    /// @notice Reverts `DeliveredByHerald`; use `createSubscriptionDelegatee` and `poke`.
    function deliverComputeDelegatee(
        uint32 nonce,
        uint32 expiry,
        Subscription calldata sub,
        uint8 v,
        bytes32 r,
        bytes32 s,
        uint32 deliveryInterval,
        bytes calldata input,
        bytes calldata output,
        bytes calldata proof,
        address nodeWallet
    )
        external;

    /// @notice Reverts `ProofRequestNotFound`.
    function finalizeProofVerification(uint32 subscriptionId, uint32 interval, address node, bool valid) external;

    /// @notice A subscription; zeros where there is none.
    function getSubscription(uint32 subscriptionId) external view returns (Subscription memory);

    /// @notice The present interval of a subscription with these times.
    function getSubscriptionInterval(uint32 activeAt, uint32 period) external view returns (uint32);

    /// @notice The next subscription's id; they are numbered from 1.
    function id() external view returns (uint32);

    /// @notice How many operators vouched for the answer of an interval; 0 = none yet.
    /// @param key keccak256(abi.encode(subscriptionId, interval))
    function redundancyCount(bytes32 key) external view returns (uint16);

    /// @notice Reverts `NoNodes`.
    function nodeResponded(bytes32 key) external view returns (bool);

    /// @notice Zeros: there are no proof requests.
    function proofRequests(bytes32 key)
        external
        view
        returns (uint32 expiry, address nodeWallet, uint256 consumerEscrowed);

    /// @notice Highest nonce with which a subscription of `subscriber` was signed and created.
    function maxSubscriberNonce(address subscriber) external view returns (uint32);

    /// @notice The subscription created by signature; 0 = none.
    /// @param key keccak256(abi.encode(owner, nonce))
    function delegateCreatedIds(bytes32 key) external view returns (uint32);

    /// @notice Name of the EIP-712 domain.
    function EIP712_NAME() external view returns (string memory);
    /// @notice Version of the EIP-712 domain.
    function EIP712_VERSION() external view returns (string memory);

    // Reader.

    /// @notice Subscriptions from `startId` to before `endId`; zeros where there is none.
    function readSubscriptionBatch(uint32 startId, uint32 endId) external view returns (Subscription[] memory);

    /// @notice `redundancyCount` of each pair.
    function readRedundancyCountBatch(
        uint32[] calldata ids,
        uint32[] calldata intervals
    )
        external
        view
        returns (uint16[] memory);

    // What Infernet does not have.

    /// @notice Says once and for all how requests for these containers are made, with the policy's `k` as redundancy. Only
    /// the owner; it can change no route.
    function addRoute(string calldata containers, Route calldata route) external;

    /// @notice The route of containers; a zero `policyId` if there is none.
    function routeOf(bytes32 containerId, uint16 redundancy) external view returns (Route memory);

    /// @notice What a poke of this subscription that brings its own money has to bring at least, now.
    function priceOf(uint32 subscriptionId) external view returns (uint256);

    /// @notice Reads the present interval's input from the owner and sends it to the gateway. Anyone may, once per
    /// interval, and again after a request that was refunded. Without value the subscription's wallet pays
    /// `paymentAmount` times `redundancy`; with value the caller pays instead, and is refunded if no answer comes.
    /// @param interval The present interval
    /// @return requestId The gateway's id of the request
    function poke(uint32 subscriptionId, uint32 interval) external payable returns (bytes32 requestId);

    /// @notice Hands over an answer whose callback failed, as the gateway's events have it. Anyone may, until it succeeds.
    /// @param terms The request
    /// @param context The bytes that went with it
    /// @param evidenceHash Of the answer
    /// @param payees Of the answer
    /// @param output Of the answer
    function redeliver(
        Terms calldata terms,
        bytes calldata context,
        bytes32 evidenceHash,
        address[] calldata payees,
        bytes calldata output
    )
        external;

    /// @notice The latest request of an interval; 0 = none.
    function requestOf(uint32 subscriptionId, uint32 interval) external view returns (bytes32);
}
