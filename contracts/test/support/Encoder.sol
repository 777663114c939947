// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "../../src/types/Terms.sol";

/// @notice A result item before it is packed.
struct Item {
    Terms terms;
    uint8 status;
    bytes32 outputHash;
    bytes32 evidenceHash;
    address relayer;
    bytes context;
    bytes output;
    bytes proof;
}

/// @notice The wire formats by `abi.encodePacked`: the plain reference the contracts' decoders are held against.
library Encoder {
    function terms(Terms memory it) internal pure returns (bytes memory) {
        return bytes.concat(
            abi.encodePacked(it.version, it.salt, it.requester, it.consumer, it.refundTo, it.callbackGasLimit),
            abi.encodePacked(it.contextHash, it.modelId, it.inputHash, it.inputMode, it.outputMode, it.policyId),
            abi.encodePacked(it.feeToken, it.workerFee, it.relayFee, it.protocolFee, it.relayer, it.deadline)
        );
    }

    function item(Item memory it) internal pure returns (bytes memory) {
        return bytes.concat(
            terms(it.terms),
            abi.encodePacked(it.status, it.outputHash, it.evidenceHash, it.relayer),
            prefixed(it.context),
            prefixed(it.output),
            prefixed(it.proof)
        );
    }

    function body(bytes[] memory items) internal pure returns (bytes memory all) {
        all = abi.encodePacked(uint8(1), uint8(1), uint16(items.length));
        for (uint256 i = 0; i < items.length; ++i) {
            all = bytes.concat(all, prefixed(items[i]));
        }
    }

    function body(bytes memory only) internal pure returns (bytes memory) {
        bytes[] memory items = new bytes[](1);
        items[0] = only;
        return body(items);
    }

    function prefixed(bytes memory data) internal pure returns (bytes memory) {
        return abi.encodePacked(uint32(data.length), data);
    }
}
