// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Dispatches results from the hub chain to origin gateways. It holds no state of requests, so a result can
/// always be published again; the gateway deduplicates. There is no deadline logic here: the hub's clock may count
/// milliseconds.
interface IResultHub {
    /// @notice Result of request `id` left for `destination` in message `messageId`.
    event ResultPublished(bytes32 indexed id, bytes32 indexed messageId, uint32 indexed destination, address publisher);
    /// @notice `publisher` may (no longer) publish.
    event PublisherSet(address indexed publisher, bool enrolled);
    /// @notice Results for `domain` go to `gateway`, each message promising at most `maxGas`; zeros close the lane.
    event GatewaySet(uint32 indexed domain, bytes32 indexed gateway, uint32 maxGas);

    /// @notice Who may revoke publishers besides the owner.
    event GuardianSet(address indexed guardian);

    /// @notice Only enrolled publishers may publish.
    error NotPublisher(address caller);
    /// @notice Only the guardian or the owner.
    error NotGuardian(address caller);
    /// @notice No gateway is enrolled for `domain`.
    error UnknownDestination(uint32 domain);
    /// @notice A message carries 1 to 65535 items.
    error BatchSize(uint256 items);
    /// @notice There is one id per item.
    error LengthMismatch(uint256 ids, uint256 items);
    /// @notice The promised gas exceeds what a message of the lane may promise.
    error GasTooHigh(uint256 limit, uint256 given);
    /// @notice An open lane has a gateway and promises 1 to `most` gas, a closed one has and promises nothing.
    error InvalidLane(bytes32 gateway, uint256 most, uint256 given);
    /// @notice The value sent does not cover the Mailbox's quote.
    error FeeTooLow(uint256 required, uint256 sent);
    /// @notice The publisher does not take back the `amount` it paid beyond the quote.
    error RefundFailed(address publisher, uint256 amount);
    /// @notice Hooks are paid in the native token only.
    error TokenFeeUnsupported(address token);

    /// @notice Most gas that any lane's message may promise its delivery.
    function MAX_LANE_GAS() external view returns (uint256);

    /// @notice Publishes results to one destination as one message. It pays what the Mailbox asks for now, and gives back
    /// in the same call what was sent beyond that, so a quote that falls before the call lands stops nothing; send a
    /// margin against one that rises.
    /// @param destination Hyperlane domain of the origin chain
    /// @param ids Request ids, only for the events; the gateway trusts the items alone
    /// @param items Encoded result items
    /// @param gasLimit Gas the delivery is promised: the sum over all items, passed to the hooks
    /// @param hookMetadata What a hook takes beyond Hyperlane's standard metadata, appended to it; usually empty. Its first
    /// 20 bytes are where hooks read a fee token, and must be zero there
    /// @return messageId Hyperlane's id of the message
    function publish(
        uint32 destination,
        bytes32[] calldata ids,
        bytes[] calldata items,
        uint256 gasLimit,
        bytes calldata hookMetadata
    )
        external
        payable
        returns (bytes32 messageId);

    /// @notice What `publish` with the same arguments costs now.
    function quotePublish(
        uint32 destination,
        bytes[] calldata items,
        uint256 gasLimit,
        bytes calldata hookMetadata
    )
        external
        view
        returns (uint256 fee);

    /// @notice Enrols or revokes a publisher. Only the owner.
    function setPublisher(address publisher, bool enrolled) external;

    /// @notice Revokes a publisher at once: an owner that is a timelock would be too slow for a stolen key. Only the
    /// guardian or the owner.
    function revokePublisher(address publisher) external;

    /// @notice Names who may revoke publishers besides the owner; zero for nobody. Only the owner.
    function setGuardian(address guardian) external;

    /// @notice Enrols the gateway of a destination, or closes the lane. Only the owner.
    /// @param domain Hyperlane domain of the origin chain
    /// @param gateway As Hyperlane writes addresses; zero closes the lane
    /// @param maxGas Most gas one message may promise, over all its items: what the origin chain lets one transaction take,
    /// less what the delivery itself takes; zero if the lane is closed
    function setGateway(uint32 domain, bytes32 gateway, uint32 maxGas) external;

    /// @notice Who may revoke publishers besides the owner.
    function guardian() external view returns (address);

    /// @notice Whether `account` may publish.
    function isPublisher(address account) external view returns (bool);

    /// @notice The gateway results for `domain` go to, or zero.
    function gatewayOf(uint32 domain) external view returns (bytes32);

    /// @notice Most gas one message to `domain` may promise its delivery, or zero.
    function maxGasOf(uint32 domain) external view returns (uint32);
}
