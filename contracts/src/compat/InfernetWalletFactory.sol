// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {InfernetWallet} from "./InfernetWallet.sol";
import {IInfernetWalletFactory} from "./interfaces/IInfernetWalletFactory.sol";

/// @notice See `IInfernetWalletFactory`. Its coordinator is who deployed it.
contract InfernetWalletFactory is IInfernetWalletFactory {
    address private immutable _COORDINATOR = msg.sender;
    IInferenceGateway private immutable _GATEWAY;

    /// @inheritdoc IInfernetWalletFactory
    mapping(address wallet => bool) public override isValidWallet;

    constructor(IInferenceGateway gateway) {
        _GATEWAY = gateway;
    }

    /// @inheritdoc IInfernetWalletFactory
    function createWallet(address initialOwner) external override returns (address wallet) {
        wallet = address(new InfernetWallet(initialOwner, _COORDINATOR, _GATEWAY));
        isValidWallet[wallet] = true;
        emit WalletCreated(msg.sender, initialOwner, wallet);
    }
}
