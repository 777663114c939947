// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";
import {InferenceGateway} from "../src/InferenceGateway.sol";
import {IWorkerSets} from "../src/interfaces/IWorkerSets.sol";
import {AnswerHash} from "../src/libraries/AnswerHash.sol";
import {StateWord} from "../src/libraries/StateWord.sol";
import {Answer} from "../src/types/Answer.sol";
import {RequestState} from "../src/types/Lifecycle.sol";
import {Terms} from "../src/types/Terms.sol";
import {GATEWAY} from "./support/Artifacts.sol";
import {Encoder, Item} from "./support/Encoder.sol";
import {GatewayTest} from "./support/GatewayTest.sol";
import {CodecHarness} from "./support/CodecHarness.sol";

/// @notice The golden vectors of contracts/vectors/wire.json, which the TypeScript codecs are tested with too.
contract WireVectorsTest is GatewayTest {
    string private json;
    CodecHarness private codec;

    function setUp() public override {
        json = vm.readFile("vectors/wire.json");
        vm.chainId(vm.parseJsonUint(json, ".domain.chainId"));
        super.setUp();
        address at_ = vm.parseJsonAddress(json, ".domain.gateway");
        deployCodeTo(GATEWAY, abi.encode(address(mailbox), ism, owner, treasury), at_);
        gateway = InferenceGateway(at_);
        vm.prank(owner);
        gateway.setHub(HUB_DOMAIN, HUB, true);
        codec = new CodecHarness();
    }

    function test_terms_pack_and_unpack_and_hash_to_their_ids() public view {
        for (uint256 i = 0; i < 3; ++i) {
            Terms memory it = termsAt(i);
            string memory path = pathOf(".terms", i);
            bytes memory packed = bytesAt(path, ".packed");
            assertEq(Encoder.terms(it), packed);
            assertEq(abi.encode(codec.decodeTerms(packed)), abi.encode(it));
            assertEq(gateway.idOf(it), wordAt(path, ".id"));
            assertEq(it.inputHash, keccak256(bytesAt(path, ".input")));
            assertEq(it.contextHash, keccak256(bytesAt(path, ".context")));
        }
    }

    function test_answers_hash_to_their_digests_and_give_back_their_signers() public view {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j <= i; ++j) {
                string memory path = string.concat(pathOf(".items", i), pathOf(".answers", j));
                Answer memory it = Answer({
                    id: wordAt(path, ".id"),
                    status: uint8(uintAt(path, ".status")),
                    outputHash: wordAt(path, ".outputHash"),
                    evidenceHash: wordAt(path, ".evidenceHash"),
                    payee: addressAt(path, ".payee"),
                    relayer: addressAt(path, ".relayer")
                });
                bytes32 digest = AnswerHash.digest(gateway.domainSeparator(), it);
                assertEq(digest, wordAt(path, ".digest"));
                bytes memory signature = bytesAt(path, ".signature");
                assertEq(signature.length, 65);
                (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
                assertEq(ecrecover(digest, uint8(signature[64]), r, s), addressAt(path, ".signer"));
            }
        }
    }

    function test_items_unpack_to_their_parts() public view {
        for (uint256 i = 0; i < 3; ++i) {
            string memory path = pathOf(".items", i);
            Item memory it = itemAt(i);
            bytes memory packed = bytesAt(path, ".packed");
            assertEq(Encoder.item(it), packed);
            assertTrue(codec.isWellFormed(packed));
            assertEq(abi.encode(codec.decodeItem(packed)), abi.encode(it));
            assertEq(it.outputHash, keccak256(it.output));
        }
    }

    function test_bodies_frame_their_items() public view {
        for (uint256 i = 0; i < 2; ++i) {
            string memory path = pathOf(".bodies", i);
            bytes[] memory items = vm.parseJsonBytesArray(json, string.concat(path, ".items"));
            bytes memory packed = bytesAt(path, ".packed");
            assertEq(codec.encodeBody(items), packed);
            assertEq(abi.encode(codec.itemsOf(packed)), abi.encode(items));
        }
    }

    function test_state_words_have_their_layout() public view {
        uint256 open = uint256(wordAt(".stateWords[0]", ".word"));
        assertEq(StateWord.open(uint40(uintAt(".stateWords[0]", ".closeAt"))) | uint256(5) << 56, open);
        assertEq(StateWord.closeAt(open), uintAt(".stateWords[0]", ".closeAt"));

        uint256 delivered = StateWord.settled(
            RequestState.Delivered,
            uint40(uintAt(".stateWords[1]", ".finalAt")),
            bytes32(uintAt(".stateWords[1]", ".digest"))
        );
        assertEq(delivered | StateWord.CALLBACK_FAILED, uint256(wordAt(".stateWords[1]", ".word")));
        assertEq(StateWord.expired(), uint256(wordAt(".stateWords[2]", ".word")));
    }

    /// @dev Not only the pieces: the gateway settles the recorded bytes as they stand, signatures and all.
    function test_the_gateway_settles_a_recorded_body() public {
        Terms memory it = termsAt(0);
        vm.warp(it.deadline - 100);
        IWorkerSets.Worker[] memory workers = new IWorkerSets.Worker[](1);
        workers[0] = IWorkerSets.Worker(addressAt(".items[0].answers[0]", ".signer"), operatorAt(0));
        setId = sets.registerSet(owner, owner, workers);
        assertEq(gateway.registerPolicy(policyOf(address(verifier), 1)), 1);
        deal(it.requester, total(it));
        vm.prank(it.requester);
        bytes32 id = gateway.request{value: total(it)}(it, bytesAt(".terms[0]", ".input"), "");
        assertEq(id, wordAt(".terms[0]", ".id"));

        deliver(bytesAt(".bodies[1]", ".packed"));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(credit(addressAt(".items[0]", ".relayer")), it.relayFee);
    }

    function termsAt(uint256 i) private view returns (Terms memory it) {
        string memory path = pathOf(".terms", i);
        it.version = uint8(uintAt(path, ".version"));
        it.salt = wordAt(path, ".salt");
        it.requester = addressAt(path, ".requester");
        it.consumer = addressAt(path, ".consumer");
        it.refundTo = addressAt(path, ".refundTo");
        it.callbackGasLimit = uint32(uintAt(path, ".callbackGasLimit"));
        it.contextHash = wordAt(path, ".contextHash");
        it.modelId = wordAt(path, ".modelId");
        it.inputHash = wordAt(path, ".inputHash");
        it.inputMode = uint8(uintAt(path, ".inputMode"));
        it.outputMode = uint8(uintAt(path, ".outputMode"));
        it.policyId = uint32(uintAt(path, ".policyId"));
        it.feeToken = addressAt(path, ".feeToken");
        it.workerFee = uint96(uintAt(path, ".workerFee"));
        it.relayFee = uint96(uintAt(path, ".relayFee"));
        it.protocolFee = uint96(uintAt(path, ".protocolFee"));
        it.relayer = addressAt(path, ".relayer");
        it.deadline = uint40(uintAt(path, ".deadline"));
    }

    function itemAt(uint256 i) private view returns (Item memory it) {
        string memory path = pathOf(".items", i);
        it.terms = termsAt(uintAt(path, ".terms"));
        it.status = uint8(uintAt(path, ".status"));
        it.outputHash = wordAt(path, ".outputHash");
        it.evidenceHash = wordAt(path, ".evidenceHash");
        it.relayer = addressAt(path, ".relayer");
        it.context = bytesAt(path, ".context");
        it.output = bytesAt(path, ".output");
        it.proof = bytesAt(path, ".proof");
    }

    function pathOf(string memory list, uint256 i) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(i), "]");
    }

    function uintAt(string memory path, string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(path, key));
    }

    function wordAt(string memory path, string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(path, key));
    }

    function addressAt(string memory path, string memory key) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(path, key));
    }

    function bytesAt(string memory path, string memory key) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, string.concat(path, key));
    }
}
