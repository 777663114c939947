// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Policy} from "../../src/types/Policy.sol";

/// @notice Has nothing against any policy.
abstract contract AnyPolicy {
    function checkPolicy(Policy calldata) external pure {}
}

/// @notice A policy's verifier that answers `verify` with whatever bytes it was made with, as return or as revert data.
contract ScriptedVerifier is AnyPolicy {
    bytes private _data;
    bool private _reverts;

    constructor(bytes memory data, bool reverts) {
        (_data, _reverts) = (data, reverts);
    }

    function level() external pure returns (uint8) {
        return 1;
    }

    fallback() external {
        bytes memory data = _data;
        bool reverts = _reverts;
        assembly ("memory-safe") {
            if reverts { revert(add(data, 0x20), mload(data)) }
            return(add(data, 0x20), mload(data))
        }
    }
}

/// @notice Burns all its gas, or returns or reverts with far more than anyone wants to read.
contract GreedyVerifier is AnyPolicy {
    enum Way {
        Burns,
        ReturnBomb,
        RevertBomb
    }

    Way private immutable _WAY;

    constructor(Way way) {
        _WAY = way;
    }

    function level() external pure returns (uint8) {
        return 1;
    }

    fallback() external {
        if (_WAY == Way.Burns) while (true) {}
        bool reverts = _WAY == Way.RevertBomb;
        assembly ("memory-safe") {
            if reverts { revert(0, 100000) }
            return(0, 100000)
        }
    }
}

/// @notice Accepts, and only if it was given exactly the gas it was made with.
contract ExactGasVerifier is AnyPolicy {
    uint256 private immutable _LEAST;

    constructor(uint256 least) {
        _LEAST = least;
    }

    function level() external pure returns (uint8) {
        return 1;
    }

    fallback() external {
        uint256 available = gasleft();
        require(available >= _LEAST, "too little gas");
        address[] memory payees = new address[](1);
        payees[0] = address(0xBEEF);
        bytes memory data = abi.encode(payees);
        assembly ("memory-safe") {
            return(add(data, 0x20), mload(data))
        }
    }
}

/// @notice Refuses every policy that names it.
contract RefusingVerifier {
    function checkPolicy(Policy calldata) external pure {
        revert("not under this policy");
    }
}
