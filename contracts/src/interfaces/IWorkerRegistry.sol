// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice The directory of operators on the hub chain: their stake, their workers' keys, and the models they serve. It
/// is for finding workers and for punishing them; whose signatures count is decided on the origin chains alone
/// (`IWorkerSets`), which never read this. Every change is an event, so that the directory can be rebuilt from the log.
/// All times are Unix seconds, also where the chain's own clock counts milliseconds.
interface IWorkerRegistry {
    /// @notice An operator's record.
    /// @param stake What it has at stake, in the native token's smallest unit, without `unbonding`
    /// @param unbonding What it is taking out; still at stake until it is withdrawn
    /// @param releaseAt When `unbonding` can be withdrawn
    /// @param jailedUntil Until when it is in jail at least, and then until it calls `unjail`; 0 = not in jail
    /// @param registered Whether it ever registered
    struct Operator {
        uint128 stake;
        uint128 unbonding;
        uint40 releaseAt;
        uint40 jailedUntil;
        bool registered;
    }

    /// @notice An operator registered.
    event OperatorRegistered(address indexed operator);
    /// @notice The operator's stake is now `stake` and what it is taking out `unbonding`, withdrawable from `releaseAt`.
    event StakeChanged(address indexed operator, uint128 stake, uint128 unbonding, uint40 releaseAt);
    /// @notice The operator withdrew `amount` to `to`.
    event Withdrawn(address indexed operator, address indexed to, uint256 amount);
    /// @notice `key` signs for a worker of the operator.
    event WorkerAdded(address indexed operator, address indexed key);
    /// @notice `key` no longer does.
    event WorkerRemoved(address indexed operator, address indexed key);
    /// @notice The operator serves the model.
    event ModelServed(address indexed operator, bytes32 indexed modelId);
    /// @notice The operator no longer serves the model.
    event ModelDropped(address indexed operator, bytes32 indexed modelId);
    /// @notice The guardian jailed the operator for what `reason` is the hash of.
    event Jailed(address indexed operator, uint40 until, bytes32 reason);
    /// @notice The operator left jail.
    event Unjailed(address indexed operator);
    /// @notice The slasher took `amount` for what `evidenceHash` proves.
    event Slashed(address indexed operator, uint256 amount, bytes32 indexed evidenceHash);
    /// @notice What was slashed went to the recipient.
    event SlashedPaid(address indexed recipient, uint256 amount);
    /// @notice Operators need this stake to be active.
    event MinStakeSet(uint128 minStake);
    /// @notice `guardian` may jail.
    event GuardianSet(address indexed guardian);
    /// @notice `slasher` may slash.
    event SlasherSet(address indexed slasher);

    /// @notice An address that must not be zero is.
    error ZeroAddress();
    /// @notice An amount that must not be zero is.
    error ZeroAmount();
    /// @notice A time of the constructor is zero or longer than `limit`.
    error InvalidDelay(uint40 limit, uint40 given);
    /// @notice The account is no operator.
    error NotOperator(address account);
    /// @notice The account is an operator already.
    error AlreadyOperator(address account);
    /// @notice Less than the minimum.
    error StakeTooLow(uint256 required, uint256 given);
    /// @notice The operator has less at stake.
    error StakeExceeded(uint256 available, uint256 given);
    /// @notice There is nothing to withdraw, slash or pay.
    error NothingThere();
    /// @notice What is unbonding can be withdrawn from `releaseAt`.
    error StillUnbonding(uint40 releaseAt, uint40 nowAt);
    /// @notice The recipient did not take the payment.
    error PaymentFailed(address to, uint256 amount);
    /// @notice The key signs for an operator already.
    error KeyTaken(address key, address operator);
    /// @notice The key is not one of the operator's.
    error NotWorker(address operator, address key);
    /// @notice The signature is not the key's consent.
    error NotConsent(address key);
    /// @notice The operator serves the model already.
    error AlreadyServed(bytes32 modelId);
    /// @notice The operator does not serve the model.
    error NotServed(bytes32 modelId);
    /// @notice The operator is not in jail.
    error NotJailed(address operator);
    /// @notice The operator stays in jail until `until`.
    error StillJailed(uint40 until, uint40 nowAt);
    /// @notice Only the guardian jails.
    error NotGuardian(address caller);
    /// @notice Only the slasher slashes.
    error NotSlasher(address caller);
    /// @notice A slash names its evidence.
    error NoEvidence();
    /// @notice The operator was slashed for this evidence before.
    error EvidenceUsed(bytes32 evidenceHash);

    /// @notice Longest unbonding and jail time, in seconds.
    function MAX_DELAY() external view returns (uint40);
    /// @notice Seconds from `unbond` to `withdraw`, in which the stake can still be slashed.
    function UNBONDING_TIME() external view returns (uint40);
    /// @notice Seconds a jailed operator stays in jail at least.
    function JAIL_TIME() external view returns (uint40);
    /// @notice Who is paid what is slashed. Fixed.
    function RECIPIENT() external view returns (address);

    /// @notice Makes the caller an operator with `msg.value` at stake, at least the minimum.
    function register() external payable;

    /// @notice Adds `msg.value` to the caller's stake.
    function addStake() external payable;

    /// @notice Begins to take `amount` out of the caller's stake. What is unbonding already waits again with it.
    function unbond(uint128 amount) external;

    /// @notice Pays what has unbonded out to `to`. Also from jail.
    function withdraw(address to) external returns (uint256 amount);

    /// @notice Adds a worker's key to the caller's.
    /// @param consent The key's signature of `consentDigest(caller, key)`
    function addWorker(address key, bytes calldata consent) external;

    /// @notice Removes a key of `operator`. Only the operator or the key itself.
    function removeWorker(address operator, address key) external;

    /// @notice Says that the caller serves these models.
    function serve(bytes32[] calldata modelIds) external;

    /// @notice Says that the caller no longer serves these models.
    function drop(bytes32[] calldata modelIds) external;

    /// @notice Takes an operator out of the directory for at least `JAIL_TIME`, again if it is in jail already. It takes
    /// nothing and holds nothing back. Only the guardian.
    /// @param reason Hash of the reason, for the log
    function jail(address operator, bytes32 reason) external;

    /// @notice Ends the caller's time in jail, once it is over and the stake is sufficient.
    function unjail() external;

    /// @notice Takes `amount` of an operator, or all there is: first of its stake, then of what is unbonding. Once per
    /// operator and evidence. Only the slasher, meant to be a contract that has checked the evidence.
    /// @param evidenceHash keccak256 of evidence that proves the fault by itself
    /// @return taken What was taken
    function slash(address operator, uint256 amount, bytes32 evidenceHash) external returns (uint256 taken);

    /// @notice Pays what was slashed to `RECIPIENT`. Anyone may.
    function paySlashed() external returns (uint256 amount);

    /// @notice Sets the stake operators need to be active. Only the owner.
    function setMinStake(uint128 minStake) external;

    /// @notice Sets who may jail; zero = nobody. Only the owner.
    function setGuardian(address guardian) external;

    /// @notice Sets who may slash; zero = nobody. Only the owner.
    function setSlasher(address slasher) external;

    /// @notice The stake operators need to be active.
    function minStake() external view returns (uint128);
    /// @notice Who may jail.
    function guardian() external view returns (address);
    /// @notice Who may slash.
    function slasher() external view returns (address);
    /// @notice What was slashed and not yet paid to the recipient.
    function slashedUnpaid() external view returns (uint256);

    /// @notice An operator's record; zeros if it never registered.
    function operatorAt(address operator) external view returns (Operator memory);

    /// @notice Whether an operator has the stake it needs and is not in jail.
    function isActive(address operator) external view returns (bool);

    /// @notice Whose worker the key signs for; zero = nobody's. Says nothing of whether that operator is active.
    function operatorOf(address key) external view returns (address);

    /// @notice Whether an active operator serves the model.
    function isServedBy(bytes32 modelId, address operator) external view returns (bool);

    /// @notice What a key has to sign (EIP-712, name `Herald WorkerRegistry`, version `1`) to become `operator`'s; another
    /// each time it is added.
    function consentDigest(address operator, address key) external view returns (bytes32);

    /// @notice The present time in Unix seconds, as this contract reads the chain's clock.
    function nowAt() external view returns (uint40);
}
