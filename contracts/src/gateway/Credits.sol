// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {Governance} from "./Governance.sol";

/// @notice Money in, and what accounts may claim. Settlement only credits, so that no recipient can hold up another's
/// result.
abstract contract Credits is Governance, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    mapping(address token => mapping(address account => uint256 amount)) internal _credits;

    /// @inheritdoc IInferenceGateway
    function claim(address token, address to) external override returns (uint256 amount) {
        return _payOut(token, msg.sender, to);
    }

    /// @inheritdoc IInferenceGateway
    function claimFor(address token, address account) external override returns (uint256 amount) {
        return _payOut(token, account, account);
    }

    /// @inheritdoc IInferenceGateway
    function credits(address token, address account) external view override returns (uint256 amount) {
        amount = _credits[token][account];
        if (token == NATIVE && account == _outlet.recipient) amount += _outlet.earned;
    }

    /// @dev Says nothing: who is paid what follows from the terms and `ResultDelivered`, and an event each would cost a
    /// third of what the payment does.
    function _credit(
        mapping(address account => uint256 amount) storage ledger,
        address account,
        uint256 amount
    )
        internal
    {
        if (amount > 0) ledger[account] += amount;
    }

    function _creditProtocol(
        mapping(address account => uint256 amount) storage ledger,
        address token,
        uint96 fee
    )
        internal
    {
        Outlet memory outlet = _outlet;
        uint256 earned = uint256(outlet.earned) + fee;
        // More than 300 million ether: no more fits the slot.
        if (token != NATIVE || earned > type(uint88).max) return _credit(ledger, outlet.recipient, fee);
        _outlet.earned = uint88(earned);
    }

    /// @inheritdoc Governance
    function _bookEarned() internal override {
        uint88 earned = _outlet.earned;
        if (earned == 0) return;
        _outlet.earned = 0;
        _credit(_credits[NATIVE], _outlet.recipient, earned);
    }

    /// @dev What arrived is counted, not believed. Guarded, because a token that calls out while it moves could
    /// otherwise have one payment counted for two requests.
    function _draw(address token, address from, uint256 amount) internal nonReentrant {
        if (amount == 0) return;
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(from, address(this), amount);
        uint256 later = IERC20(token).balanceOf(address(this));
        uint256 received = later > before ? later - before : 0;
        if (received != amount) revert InexactTransfer(token, amount, received);
    }

    function _payOut(address token, address account, address to) private returns (uint256 amount) {
        if (to == address(0)) revert ZeroAddress();
        if (token == NATIVE && account == _outlet.recipient) _bookEarned();
        amount = _credits[token][account];
        if (amount == 0) revert NothingToClaim(token, account);
        _credits[token][account] = 0;
        emit Claimed(token, account, to, amount);
        if (token == NATIVE) _send(to, amount);
        else IERC20(token).safeTransfer(to, amount);
    }

    function _send(address to, uint256 amount) private {
        bool paid;
        // Assembly, because Solidity would copy whatever the recipient returns.
        assembly ("memory-safe") {
            paid := call(gas(), to, amount, 0, 0, 0, 0)
        }
        if (!paid) revert PaymentFailed(to, amount);
    }
}
