// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Vm} from "forge-std/Vm.sol";

interface Mailbox {
    function initialize(address owner, address ism, address hook, address requiredHook) external;
    function process(bytes calldata metadata, bytes calldata message) external payable;
    function dispatch(uint32 to, bytes32 recipient, bytes calldata body) external payable returns (bytes32 id);
    function delivered(bytes32 id) external view returns (bool);
}

/// @notice Hyperlane's own contracts, from the bytecode of its package; its sources want another version of
/// OpenZeppelin than ours.
library Hyperlane {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    string private constant FACTORIES = "../node_modules/@hyperlane-xyz/core/dist/typechain/factories/contracts/";

    /// @param file Of the contract's factory, from the package's `factories/contracts/`
    function create(string memory file, bytes memory arguments) internal returns (address made) {
        string[] memory parts = VM.split(VM.readFile(string.concat(FACTORIES, file)), "_bytecode = \"");
        bytes memory code = bytes.concat(VM.parseBytes(VM.split(parts[1], "\"")[0]), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), file);
    }
}
