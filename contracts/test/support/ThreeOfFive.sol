// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Hyperlane, Mailbox} from "./Hyperlane.sol";

interface IsmFactory {
    function deploy(address[] calldata values, uint8 threshold) external returns (address);
}

/// @notice Hyperlane's own Mailbox and message-id multisig module of three of five validators.
contract ThreeOfFive is Test {
    uint32 public constant LOCAL = 31_101;
    uint256 public constant SECRETS = 0x5EC0;

    Mailbox public mailbox;
    address public ism;

    constructor() {
        mailbox = Mailbox(Hyperlane.create("Mailbox__factory.js", abi.encode(LOCAL)));
        string memory factory = "isms/multisig/StaticMultisigIsm.sol/StaticMessageIdMultisigIsmFactory__factory.js";
        address[] memory validators = new address[](5);
        for (uint256 i = 0; i < 5; ++i) {
            validators[i] = vm.addr(SECRETS + i);
        }
        ism = IsmFactory(Hyperlane.create(factory, "")).deploy(validators, 3);
        mailbox.initialize(address(this), ism, address(mailbox), address(mailbox));
    }

    /// @notice A message for `recipient`, signed by the last three validators, the dearest three to check.
    function sign(
        uint32 nonce,
        uint32 origin,
        bytes32 sender,
        address recipient,
        bytes calldata body
    )
        external
        pure
        returns (bytes memory metadata, bytes memory message)
    {
        message = abi.encodePacked(uint8(3), nonce, origin, sender, LOCAL, bytes32(uint256(uint160(recipient))), body);
        metadata = attest(message);
    }

    /// @notice What the last three validators add to a message that was dispatched.
    function attest(bytes memory message) public pure returns (bytes memory metadata) {
        return seal(message, [SECRETS + 2, SECRETS + 3, SECRETS + 4]);
    }

    /// @notice Metadata for any message with the signatures of any three keys, which validators' are or are not.
    function seal(bytes memory message, uint256[3] memory secrets) public pure returns (bytes memory metadata) {
        (uint32 nonce, uint32 origin) = (uint32(_bytes4At(message, 1)), uint32(_bytes4At(message, 5)));
        bytes32 tree = keccak256("merkle tree hook");
        bytes32 root = keccak256(message);
        bytes32 domain = keccak256(abi.encodePacked(origin, tree, "HYPERLANE"));
        bytes32 digest = keccak256(
            abi.encodePacked(
                "\x19Ethereum Signed Message:\n32", keccak256(abi.encodePacked(domain, root, nonce, keccak256(message)))
            )
        );
        metadata = abi.encodePacked(tree, root, nonce);
        for (uint256 i = 0; i < 3; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(secrets[i], digest);
            metadata = bytes.concat(metadata, abi.encodePacked(r, s, v));
        }
    }

    function _bytes4At(bytes memory data, uint256 at) private pure returns (bytes4 value) {
        assembly ("memory-safe") {
            value := mload(add(add(data, 0x20), at))
        }
    }
}
