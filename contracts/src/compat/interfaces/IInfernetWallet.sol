// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Money of one payer (`Wallet` of Infernet's SDK, v1). Native token sent to it is the owner's, who says how much
/// of it each consumer may spend on answers. Nothing is ever locked here: the gateway holds the fees of open requests.
interface IInfernetWallet {
    /// @notice The owner took `amount` out. The spelling is Infernet's.
    event Withdrawl(address token, uint256 amount);
    /// @notice `spender`'s subscriptions may spend `amount`.
    event Approval(address indexed spender, address token, uint256 amount);
    /// @notice `spender`'s subscription paid for an answer.
    event Transfer(address indexed spender, address token, address indexed to, uint256 amount);
    /// @notice Fees of requests that were not answered came back.
    event Reclaimed(uint256 amount);

    /// @notice Only the coordinator spends.
    error NotCoordinator();
    /// @notice The wallet holds less.
    error InsufficientFunds();
    /// @notice The owner has not approved as much for the spender.
    error InsufficientAllowance();
    /// @notice Only the chain's native token can be spent.
    error TokenUnsupported(address token);
    /// @notice The recipient did not take the payment.
    error PaymentFailed(address to, uint256 amount);

    /// @notice Sets what `spender`, a consumer, may spend; 2^256 - 1 = whatever there is. Each request counts, also one
    /// whose fees come back. Only the owner.
    function approve(address spender, address token, uint256 amount) external;

    /// @notice Pays `amount` out to the owner: native (0) or any ERC-20. Only the owner.
    function withdraw(address token, uint256 amount) external;

    /// @notice Pays for a request of `spender`. Only the coordinator.
    function cTransfer(address spender, address token, address to, uint256 amount) external;

    /// @notice Fetches from the gateway the fees of requests that were declined or expired. Anyone may.
    function reclaim() external returns (uint256 amount);

    /// @notice What `spender` may still spend.
    function allowance(address spender, address token) external view returns (uint256);
}
