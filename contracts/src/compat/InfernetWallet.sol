// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IInfernetWallet} from "./interfaces/IInfernetWallet.sol";

/// @notice See `IInfernetWallet`. Each payer has its own, so that no consumer is ever near another's money.
contract InfernetWallet is IInfernetWallet, Ownable {
    using SafeERC20 for IERC20;

    address private constant NATIVE = address(0);

    address private immutable _COORDINATOR;
    IInferenceGateway private immutable _GATEWAY;

    /// @inheritdoc IInfernetWallet
    mapping(address spender => mapping(address token => uint256)) public override allowance;

    constructor(address owner_, address coordinator, IInferenceGateway gateway) Ownable(owner_) {
        (_COORDINATOR, _GATEWAY) = (coordinator, gateway);
    }

    receive() external payable {}

    /// @inheritdoc IInfernetWallet
    function approve(address spender, address token, uint256 amount) external override onlyOwner {
        allowance[spender][token] = amount;
        emit Approval(spender, token, amount);
    }

    /// @inheritdoc IInfernetWallet
    function withdraw(address token, uint256 amount) external override onlyOwner {
        emit Withdrawl(token, amount);
        if (token == NATIVE) _send(owner(), amount);
        else IERC20(token).safeTransfer(owner(), amount);
    }

    /// @inheritdoc IInfernetWallet
    function cTransfer(address spender, address token, address to, uint256 amount) external override {
        if (msg.sender != _COORDINATOR) revert NotCoordinator();
        if (token != NATIVE) revert TokenUnsupported(token);
        uint256 allowed = allowance[spender][token];
        if (allowed < amount) revert InsufficientAllowance();
        if (allowed != type(uint256).max) allowance[spender][token] = allowed - amount;
        emit Transfer(spender, token, to, amount);
        _send(to, amount);
    }

    /// @inheritdoc IInfernetWallet
    function reclaim() external override returns (uint256 amount) {
        amount = _GATEWAY.claim(NATIVE, address(this));
        emit Reclaimed(amount);
    }

    function _send(address to, uint256 amount) private {
        if (address(this).balance < amount) revert InsufficientFunds();
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert PaymentFailed(to, amount);
    }
}
