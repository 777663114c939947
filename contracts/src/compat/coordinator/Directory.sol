// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceGateway} from "../../interfaces/IInferenceGateway.sol";
import {InfernetInbox} from "../InfernetInbox.sol";
import {InfernetWalletFactory} from "../InfernetWalletFactory.sol";
import {IInfernetCoordinator} from "../interfaces/IInfernetCoordinator.sol";
import {IInfernetInbox} from "../interfaces/IInfernetInbox.sol";
import {IInfernetWalletFactory} from "../interfaces/IInfernetWalletFactory.sol";

/// @notice The part of Infernet's registry: the one address consumers are given leads to all others.
abstract contract Directory is IInfernetCoordinator {
    IInfernetInbox internal immutable _INBOX;
    IInfernetWalletFactory internal immutable _WALLETS;

    constructor(IInferenceGateway gateway_) {
        _INBOX = new InfernetInbox();
        _WALLETS = new InfernetWalletFactory(gateway_);
    }

    /// @inheritdoc IInfernetCoordinator
    function COORDINATOR() external view override returns (address) {
        return address(this);
    }

    /// @inheritdoc IInfernetCoordinator
    function INBOX() external view override returns (address) {
        return address(_INBOX);
    }

    /// @inheritdoc IInfernetCoordinator
    function READER() external view override returns (address) {
        return address(this);
    }

    /// @inheritdoc IInfernetCoordinator
    function FEE() external pure override returns (address) {
        return address(0);
    }

    /// @inheritdoc IInfernetCoordinator
    function WALLET_FACTORY() external view override returns (address) {
        return address(_WALLETS);
    }
}
