// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";
import {Test} from "forge-std/Test.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {WorkerSets} from "../../src/WorkerSets.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {IWorkerSets} from "../../src/interfaces/IWorkerSets.sol";
import {AnswerHash} from "../../src/libraries/AnswerHash.sol";
import {Answer} from "../../src/types/Answer.sol";
import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Result} from "../../src/types/Result.sol";
import {Terms} from "../../src/types/Terms.sol";
import {AttestedVerifier} from "../../src/verifiers/AttestedVerifier.sol";
import {ATTESTED_VERIFIER, GATEWAY, WORKER_SETS} from "./Artifacts.sol";
import {RecordingConsumer} from "./Consumers.sol";
import {Encoder, Item} from "./Encoder.sol";
import {MailboxDouble} from "./MailboxDouble.sol";

/// @notice A gateway with a hub, a set of three workers of three operators, and a policy of two of them; and hands to
/// use it with.
abstract contract GatewayTest is Test {
    uint32 internal constant HUB_DOMAIN = 31979;
    bytes32 internal constant HUB = bytes32(uint256(0x4B));
    uint96 internal constant WORKER_FEE = 1 ether + 1;
    uint96 internal constant RELAY_FEE = 0.3 ether;
    uint96 internal constant PROTOCOL_FEE = 0.1 ether;
    uint256 internal constant TOTAL = uint256(WORKER_FEE) + RELAY_FEE + PROTOCOL_FEE;
    bytes internal constant INPUT = "What is a blob?";
    bytes internal constant OUTPUT = "A large piece of data.";

    address internal owner = makeAddr("owner");
    address internal treasury = makeAddr("treasury");
    address internal asker = makeAddr("asker");
    address internal refundee = makeAddr("refundee");
    address internal relayer = makeAddr("relayer");
    address internal ism = makeAddr("ism");

    MailboxDouble internal mailbox;
    InferenceGateway internal gateway;
    WorkerSets internal sets;
    AttestedVerifier internal verifier;
    RecordingConsumer internal consumer;
    uint32 internal setId;
    uint32 internal policyId;

    function setUp() public virtual {
        vm.warp(1_900_000_000);
        mailbox = new MailboxDouble();
        gateway = deployGateway(address(mailbox), ism, owner, treasury);
        sets = WorkerSets(deployCode(WORKER_SETS));
        verifier = AttestedVerifier(deployCode(ATTESTED_VERIFIER, abi.encode(sets)));
        consumer = new RecordingConsumer();
        vm.startPrank(owner);
        gateway.setHub(HUB_DOMAIN, HUB, true);
        gateway.setProtocolFee(PROTOCOL_FEE);
        vm.stopPrank();
        IWorkerSets.Worker[] memory workers = new IWorkerSets.Worker[](3);
        for (uint256 i = 0; i < 3; ++i) {
            workers[i] = IWorkerSets.Worker(workerKey(i), operatorAt(i));
        }
        setId = sets.registerSet(owner, owner, workers);
        policyId = gateway.registerPolicy(policyOf(address(verifier), 2));
        deal(asker, 1_000 ether);
    }

    function deployGateway(
        address mailbox_,
        address ism_,
        address owner_,
        address recipient
    )
        internal
        returns (InferenceGateway)
    {
        return InferenceGateway(deployCode(GATEWAY, abi.encode(mailbox_, ism_, owner_, recipient)));
    }

    /// @dev Signing keys ascend with `i`, so that votes are in order as they come.
    function workerSecret(uint256 i) internal pure returns (uint256 secret) {
        secret = [uint256(2), 3, 1][i];
    }

    function workerKey(uint256 i) internal pure returns (address) {
        return vm.addr(workerSecret(i));
    }

    function operatorAt(uint256 i) internal pure returns (address) {
        return address(uint160(0x0BE0 + i));
    }

    function payeeAt(uint256 i) internal pure returns (address) {
        return address(uint160(0xFEE0 + i));
    }

    function policyOf(address verifier_, uint8 k) internal view returns (Policy memory) {
        return Policy({verifier: verifier_, setId: setId, k: k, minTtl: 60, window: 0, verifyGas: 200_000});
    }

    function terms() internal view returns (Terms memory) {
        return Terms({
            version: 1,
            salt: bytes32(uint256(42)),
            requester: asker,
            consumer: address(consumer),
            refundTo: refundee,
            callbackGasLimit: 500_000,
            contextHash: keccak256(""),
            modelId: keccak256("model"),
            inputHash: keccak256(INPUT),
            inputMode: 0,
            outputMode: 0,
            policyId: policyId,
            feeToken: address(0),
            workerFee: WORKER_FEE,
            relayFee: RELAY_FEE,
            protocolFee: gateway.protocolFee(),
            relayer: address(0),
            deadline: uint40(block.timestamp) + 600
        });
    }

    function total(Terms memory it) internal pure returns (uint256) {
        return uint256(it.workerFee) + it.relayFee + it.protocolFee;
    }

    function open(Terms memory it) internal returns (bytes32 id) {
        vm.prank(it.requester);
        return gateway.request{value: total(it)}(it, INPUT, "");
    }

    /// @notice An ok answer by the first two workers.
    function answer(Terms memory it) internal view returns (Item memory) {
        return answer(it, 1, OUTPUT, 2);
    }

    function answer(
        Terms memory it,
        uint8 status,
        bytes memory output,
        uint256 signers
    )
        internal
        view
        returns (Item memory item)
    {
        item.terms = it;
        item.status = status;
        item.outputHash = keccak256(output);
        item.evidenceHash = keccak256("evidence");
        item.relayer = relayer;
        item.output = output;
        item.proof = prove(item, signers);
    }

    /// @notice The proof of the first `signers` workers for an item.
    function prove(Item memory item, uint256 signers) internal view returns (bytes memory proof) {
        proof = abi.encodePacked(uint8(signers));
        for (uint256 i = 0; i < signers; ++i) {
            proof = bytes.concat(proof, vote(item, workerSecret(i), payeeAt(i)));
        }
    }

    function vote(Item memory item, uint256 secret, address payee) internal view returns (bytes memory) {
        bytes32 id = gateway.idOf(item.terms);
        bytes32 digest = AnswerHash.digest(
            gateway.domainSeparator(), Answer(id, item.status, item.outputHash, item.evidenceHash, payee, item.relayer)
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(payee, r, s, v);
    }

    /// @notice What an item settles its request with, when the first `signers` workers signed it.
    function resultOf(Item memory item, uint96 topUp, uint256 signers) internal pure returns (Result memory) {
        address[] memory payees = new address[](signers);
        for (uint256 i = 0; i < signers; ++i) {
            payees[i] = payeeAt(i);
        }
        return Result(item.status, item.outputHash, item.evidenceHash, item.relayer, topUp, payees);
    }

    function deliver(Item memory item) internal {
        deliver(Encoder.body(Encoder.item(item)));
    }

    function deliver(bytes memory body) internal {
        mailbox.deliver(IMessageRecipient(address(gateway)), HUB_DOMAIN, HUB, body);
    }

    function stateOf(bytes32 id) internal view returns (RequestState) {
        return RequestState(uint8(gateway.stateOf(id)));
    }

    function credit(address account) internal view returns (uint256) {
        return gateway.credits(address(0), account);
    }

    /// @notice Delivers an item and expects that it is rejected, and that nothing changes.
    function expectRejected(Item memory item, bytes32 id, Rejection reason, bytes memory detail) internal {
        uint256 before = gateway.stateOf(id);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultRejected(id, uint8(reason), detail);
        deliver(item);
        assertEq(gateway.stateOf(id), before, "state untouched");
        assertEq(credit(relayer), 0, "nobody paid");
        assertEq(consumer.calls(), 0, "nobody called");
    }
}
