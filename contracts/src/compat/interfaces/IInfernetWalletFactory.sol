// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Makes payers' wallets (`WalletFactory` of Infernet's SDK, v1).
interface IInfernetWalletFactory {
    /// @notice A wallet was made.
    event WalletCreated(address indexed caller, address indexed owner, address wallet);

    /// @notice Makes a wallet for `initialOwner`. Anyone may, for anyone.
    function createWallet(address initialOwner) external returns (address wallet);

    /// @notice Whether this factory made `wallet`.
    function isValidWallet(address wallet) external view returns (bool);
}
