// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";
import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {TeeStandIn, ZkStandIn} from "../support/StandIns.sol";

/// @notice The levels that come later fit behind `IProofVerifier`: the gateway is the one that is deployed, only the
/// policy differs. The optimistic level is in Window.t.sol.
contract LevelsTest is GatewayTest {
    address private prover = makeAddr("prover");

    function test_a_zero_knowledge_proof_settles() public {
        (ZkStandIn zk, Terms memory it, Item memory item) = proven();
        bytes32 id = open(it);
        address[] memory payees = new address[](1);
        payees[0] = prover;
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultDelivered(
            id, 1, item.outputHash, item.evidenceHash, relayer, payees, item.output, zk.level(), true
        );
        deliver(item);
        assertEq(credit(prover), WORKER_FEE);
    }

    function test_attack_copied_proof_with_another_payee() public {
        (, Terms memory it, Item memory item) = proven();
        bytes32 id = open(it);
        bytes20 thief = bytes20(makeAddr("thief"));
        for (uint256 i = 0; i < 20; ++i) {
            item.proof[i] = thief[i];
        }
        bytes memory detail = abi.encodeWithSelector(ZkStandIn.NotProven.selector);
        expectRejected(item, id, Rejection.ProofRejected, detail);
    }

    function test_a_proof_for_another_request_or_relayer_does_not_count() public {
        (, Terms memory it, Item memory item) = proven();
        open(it);
        Terms memory other = abi.decode(abi.encode(it), (Terms));
        other.salt = "other";
        bytes32 otherId = open(other);
        item.terms = other;
        bytes memory detail = abi.encodeWithSelector(ZkStandIn.NotProven.selector);
        expectRejected(item, otherId, Rejection.ProofRejected, detail);
        item.terms = it;
        item.relayer = makeAddr("thief");
        expectRejected(item, gateway.idOf(it), Rejection.ProofRejected, detail);
    }

    function test_an_enclaves_signature_settles_and_another_keys_does_not() public {
        TeeStandIn tee = new TeeStandIn();
        tee.register(vm.addr(0x7EE), keccak256("model"));
        Terms memory it = terms();
        it.policyId = gateway.registerPolicy(policyOf(address(tee), 1));
        bytes32 id = open(it);
        Item memory item = answer(it);
        item.proof = vote(item, 0xBAD, prover);
        bytes memory detail = abi.encodeWithSelector(TeeStandIn.NotAttested.selector, vm.addr(0xBAD));
        expectRejected(item, id, Rejection.ProofRejected, detail);
        item.proof = vote(item, 0x7EE, prover);
        deliver(item);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(gateway.levelOf(it.policyId), 4);
        assertEq(credit(prover), WORKER_FEE);
    }

    function proven() private returns (ZkStandIn zk, Terms memory it, Item memory item) {
        zk = new ZkStandIn();
        zk.register(keccak256("model"), keccak256("verifying key"));
        Policy memory policy = policyOf(address(zk), 1);
        policy.verifyGas = gateway.MAX_VERIFY_GAS();
        it = terms();
        it.policyId = gateway.registerPolicy(policy);
        item = answer(it, 1, abi.encode(uint256(7)), 0);
        IProofVerifier.Claim memory claim = IProofVerifier.Claim({
            id: gateway.idOf(it),
            domainSeparator: gateway.domainSeparator(),
            status: 1,
            outputHash: item.outputHash,
            evidenceHash: item.evidenceHash,
            relayer: relayer
        });
        item.proof = zk.prove(it.modelId, it.inputHash, bytes32(uint256(7)), claim, prover);
    }
}
