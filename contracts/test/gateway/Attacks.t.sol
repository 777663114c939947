// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {InferenceConsumer} from "../../src/InferenceConsumer.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {IWorkerSets} from "../../src/interfaces/IWorkerSets.sol";
import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Result} from "../../src/types/Result.sol";
import {Terms} from "../../src/types/Terms.sol";
import {AttestedVerifier} from "../../src/verifiers/AttestedVerifier.sol";
import {GreedyConsumer, RevertingConsumer} from "../support/Consumers.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {GreedyVerifier} from "../support/Verifiers.sol";

/// @notice Claims and expires again from inside a refund's payment, and returns a bomb.
contract RefundReentrant {
    IInferenceGateway private immutable _GATEWAY;
    Terms private _terms;
    uint256 public entered;

    constructor(IInferenceGateway gateway) {
        _GATEWAY = gateway;
    }

    function arm(Terms calldata terms) external {
        _terms = terms;
    }

    receive() external payable {
        ++entered;
        try _GATEWAY.claimFor(address(0), address(this)) {
            revert("paid twice");
        } catch {}
        try _GATEWAY.expire(_terms) {
            revert("refunded twice");
        } catch {}
        assembly ("memory-safe") {
            return(0, 100000)
        }
    }
}

/// @notice A consumer that never asked anything.
contract SilentConsumer is InferenceConsumer {
    uint256 public answers;

    constructor(IInferenceGateway gateway_) InferenceConsumer(gateway_) {}

    function _onAnswer(bytes32, bytes calldata, uint8, bytes calldata, bool) internal override {
        ++answers;
    }
}

/// @notice Attacks by name, on requests, answers and money; those on what travels are in LaneAttacks. Others stand
/// where what they attack is tested: cancelling after learning the output and delivery and expiry in one block in
/// TopUpAndCancel, paused forever in Pause, a token that reenters in Tokens, a copied proof of knowledge in Levels,
/// starving at the 63/64 edge in GasPromise.
contract AttacksTest is GatewayTest {
    Terms private it;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        it = terms();
        id = open(it);
    }

    /// @dev The message passed the security module, that is, every validator signed it; the workers did not.
    function test_attack_forged_answers_with_honest_validators() public {
        Item memory item = answer(it, 1, "forged", 0);
        item.proof = bytes.concat(hex"02", vote(item, 0xBAD1, relayer), vote(item, 0xBAD2, relayer));
        deliver(item);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        assertEq(credit(relayer), 0);
    }

    function test_attack_replay_across_chains_gateways_and_versions() public {
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        InferenceGateway other = deployGateway(address(mailbox), ism, owner, treasury);
        vm.prank(owner);
        other.setHub(HUB_DOMAIN, HUB, true);
        other.registerPolicy(policyOf(address(verifier), 2));
        Terms memory same = abi.decode(abi.encode(it), (Terms));
        same.protocolFee = 0;
        vm.prank(asker);
        bytes32 there = other.request{value: total(same)}(same, INPUT, "");
        Item memory item = answer(same);
        vm.startPrank(address(mailbox));
        other.handle(HUB_DOMAIN, HUB, body);
        other.handle(HUB_DOMAIN, HUB, Encoder.body(Encoder.item(item)));
        vm.stopPrank();
        assertEq(uint8(other.stateOf(there)), uint8(RequestState.Open), "signed for this gateway, not for that");
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        deliver(body);
        vm.chainId(chain);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open), "a fork");
        item = answer(it);
        item.terms.version = 2;
        deliver(item);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open), "another version is another request");
    }

    function test_attack_hub_impostor() public {
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        bytes32 impostor = bytes32(uint256(0xBAD));
        vm.startPrank(address(mailbox));
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownHub.selector, HUB_DOMAIN, impostor));
        gateway.handle(HUB_DOMAIN, impostor, body);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownHub.selector, HUB_DOMAIN + 1, HUB));
        gateway.handle(HUB_DOMAIN + 1, HUB, body);
    }

    function test_several_hubs_are_heard_and_settle_once() public {
        bytes32 second = bytes32(uint256(0x4B2));
        vm.prank(owner);
        gateway.setHub(8453, second, true);
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        vm.prank(address(mailbox));
        gateway.handle(8453, second, body);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        deliver(body);
        assertEq(credit(relayer), RELAY_FEE);
    }

    function test_attack_k_keys_of_one_operator() public {
        IWorkerSets.Worker[] memory workers = new IWorkerSets.Worker[](3);
        for (uint256 i = 0; i < 3; ++i) {
            workers[i] = IWorkerSets.Worker(workerKey(i), operatorAt(0));
        }
        setId = sets.registerSet(owner, owner, workers);
        Terms memory mine = terms();
        (mine.salt, mine.policyId) = ("mine", gateway.registerPolicy(policyOf(address(verifier), 2)));
        bytes32 mineId = open(mine);
        bytes memory detail = abi.encodeWithSelector(AttestedVerifier.OperatorRepeated.selector, operatorAt(0));
        expectRejected(answer(mine), mineId, Rejection.ProofRejected, detail);
    }

    /// @dev A vote names its payee and the payee is signed, so a copied vote pays its worker or nobody.
    function test_attack_copied_proof_with_another_payee() public {
        address thief = makeAddr("thief");
        for (uint256 at = 1; at < 171; at += 85) {
            Item memory item = answer(it);
            for (uint256 i = 0; i < 20; ++i) {
                item.proof[at + i] = bytes20(thief)[i];
            }
            deliver(item);
            assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        }
        deliver(answer(it));
        assertEq(credit(payeeAt(0)) + credit(payeeAt(1)), WORKER_FEE);
        assertEq(credit(thief), 0);
    }

    /// @dev An account may gain code (EIP-7702). From then on the code speaks for it, and a key's old signature does not.
    function test_attack_signature_from_before_an_account_had_code() public {
        Terms memory mine = terms();
        mine.requester = vm.addr(7);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(7, gateway.idOf(mine));
        bytes memory signature = abi.encodePacked(r, s, v);
        deal(address(this), 2 * TOTAL);
        vm.etch(mine.requester, address(sets).code);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceGateway.InvalidSignature.selector, gateway.idOf(mine), mine.requester)
        );
        gateway.requestBySig{value: TOTAL}(mine, INPUT, "", signature);
        vm.etch(mine.requester, "");
        gateway.requestBySig{value: TOTAL}(mine, INPUT, "", signature);
    }

    function test_attack_removed_worker() public {
        Item memory item = answer(it);
        vm.prank(owner);
        sets.removeMember(setId, workerKey(1));
        bytes memory detail = abi.encodeWithSelector(AttestedVerifier.NotInSet.selector, setId, workerKey(1));
        expectRejected(item, id, Rejection.ProofRejected, detail);
    }

    function test_attack_added_worker() public {
        vm.prank(owner);
        sets.addMember(setId, vm.addr(0xADD), makeAddr("new operator"));
        Item memory item = answer(it, 1, OUTPUT, 1);
        bytes memory first = vote(item, workerSecret(0), payeeAt(0));
        bytes memory added = vote(item, 0xADD, payeeAt(1));
        bool ascending = workerKey(0) < vm.addr(0xADD);
        item.proof = bytes.concat(hex"02", ascending ? first : added, ascending ? added : first);
        vm.warp(it.deadline);
        bytes memory detail = abi.encodeWithSelector(AttestedVerifier.NotInSet.selector, setId, vm.addr(0xADD));
        expectRejected(item, id, Rejection.ProofRejected, detail);
    }

    function test_attack_signature_malleability() public {
        Item memory item = answer(it);
        uint256 at = 1 + 20 + 32;
        uint256 s;
        bytes memory proof = item.proof;
        assembly ("memory-safe") {
            s := mload(add(add(proof, 0x20), at))
            s := sub(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141, s)
            mstore(add(add(proof, 0x20), at), s)
        }
        proof[85] = proof[85] == 0x1b ? bytes1(0x1c) : bytes1(0x1b);
        bytes memory detail = abi.encodeWithSelector(AttestedVerifier.InvalidSignature.selector, 0);
        expectRejected(item, id, Rejection.ProofRejected, detail);
    }

    function test_attack_poisoned_batch_items() public {
        Terms[3] memory bad = [terms(), terms(), terms()];
        address[3] memory consumers = [
            address(new GreedyConsumer(false)),
            address(new GreedyConsumer(true)),
            address(new RevertingConsumer(30_000))
        ];
        bytes[] memory items = new bytes[](5);
        for (uint256 i = 0; i < 3; ++i) {
            (bad[i].salt, bad[i].consumer) = (bytes32(i + 100), consumers[i]);
            open(bad[i]);
            items[i] = Encoder.item(answer(bad[i]));
        }
        items[3] = hex"ffffffffffffffff";
        items[4] = Encoder.item(answer(it));
        deliver(Encoder.body(items));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(consumer.calls(), 1);
        assertEq(credit(relayer), 4 * RELAY_FEE);
    }

    /// @dev 200,000 bytes returned, or 50,000 reverted with: of neither does the gateway copy more than 132.
    function test_attack_return_bomb_from_the_callback() public {
        address[2] memory bombs = [address(new GreedyConsumer(true)), address(new RevertingConsumer(50_000))];
        for (uint256 i = 0; i < 2; ++i) {
            Terms memory mine = terms();
            (mine.salt, mine.consumer) = (bytes32(i + 200), bombs[i]);
            bytes32 mineId = open(mine);
            bytes memory body = Encoder.body(Encoder.item(answer(mine)));
            uint256 before = gasleft();
            deliver(body);
            assertLt(before - gasleft(), mine.callbackGasLimit + 250_000, "no more than was promised, and its own");
            assertEq(uint8(stateOf(mineId)), uint8(RequestState.Delivered));
        }
    }

    function test_attack_return_bomb_from_the_verifier() public {
        GreedyVerifier.Way[2] memory ways = [GreedyVerifier.Way.ReturnBomb, GreedyVerifier.Way.RevertBomb];
        for (uint256 i = 0; i < 2; ++i) {
            Terms memory mine = terms();
            mine.policyId = gateway.registerPolicy(policyOf(address(new GreedyVerifier(ways[i])), 2));
            bytes32 mineId = open(mine);
            bytes memory body = Encoder.body(Encoder.item(answer(mine)));
            uint256 before = gasleft();
            deliver(body);
            assertLt(before - gasleft(), 200_000 + 60_000, "no more than was promised, and its own");
            assertEq(uint8(stateOf(mineId)), uint8(RequestState.Open));
        }
    }

    function test_attack_unsolicited_callback() public {
        SilentConsumer silent = new SilentConsumer(gateway);
        Terms memory forced = terms();
        (forced.salt, forced.consumer) = ("forced", address(silent));
        bytes32 forcedId = open(forced);
        deliver(answer(forced));
        assertEq(silent.answers(), 0);
        assertEq(gateway.stateOf(forcedId) >> 8 & 1, 1, "recorded as failed");
    }

    function test_attack_reentrancy_and_return_bomb_from_the_refund() public {
        RefundReentrant attacker = new RefundReentrant(gateway);
        Terms memory mine = terms();
        (mine.salt, mine.refundTo) = ("mine", address(attacker));
        open(mine);
        attacker.arm(mine);
        vm.warp(mine.deadline + 1);
        gateway.expire(mine);
        uint256 before = gasleft();
        gateway.claimFor(address(0), address(attacker));
        assertLt(before - gasleft(), 200_000);
        assertEq(attacker.entered(), 1);
        assertEq(address(attacker).balance, TOTAL);
        assertEq(address(gateway).balance, TOTAL, "what others escrowed");
    }

    /// @dev Presenting a result with other payees, or of another request, moves nothing.
    function testFuzz_attack_presenting_another_result(address payee, uint96 topUp_, uint8 status) public {
        Item memory item = answer(it);
        deliver(item);
        Result memory result = resultOf(item, topUp_, 2);
        (result.payees[0], result.status) = (payee, status);
        // The relayer and the top-up are paid already: only a pending result still needs them.
        bool same = payee == payeeAt(0) && status == 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                same ? IInferenceGateway.NothingToRetry.selector : IInferenceGateway.ResultMismatch.selector, id
            )
        );
        gateway.retryCallback(it, result, OUTPUT, "");
    }
}
