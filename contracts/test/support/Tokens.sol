// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Terms} from "../../src/types/Terms.sol";

/// @notice A token as it should be.
contract PlainToken is ERC20("Plain", "PLN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Returns nothing from its transfers, as USDT does.
contract NoReturnToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Says no by returning false.
contract FalseToken is PlainToken {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Keeps a hundredth of what it moves, or gives a hundredth more, as a rebase in between would.
contract InexactToken is PlainToken {
    bool private immutable _GIVES;

    constructor(bool gives) {
        _GIVES = gives;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        if (_GIVES) _mint(to, amount / 100);
        else _burn(to, amount / 100);
        return true;
    }
}

/// @notice Calls its holder before it moves, and then may not move at all.
contract HookToken is PlainToken {
    address public hooked;
    bool public movesNothing;

    function hook(address hooked_, bool movesNothing_) external {
        (hooked, movesNothing) = (hooked_, movesNothing_);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        address target = hooked;
        if (target == address(0)) return super.transferFrom(from, to, amount);
        hooked = address(0);
        HookedAsker(target).onMove();
        return movesNothing || super.transferFrom(from, to, amount);
    }
}

/// @notice Asks again while its first fee is being moved.
contract HookedAsker {
    IInferenceGateway private immutable _GATEWAY;
    Terms private _next;

    constructor(IInferenceGateway gateway, HookToken token) {
        _GATEWAY = gateway;
        token.approve(address(gateway), type(uint256).max);
    }

    function ask(Terms calldata first, Terms calldata next) external {
        _next = next;
        _GATEWAY.request(first, "", "");
    }

    function onMove() external {
        _GATEWAY.request(_next, "", "");
    }
}
