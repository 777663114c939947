// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProofVerifier} from "../src/interfaces/IProofVerifier.sol";
import {IWorkerSets} from "../src/interfaces/IWorkerSets.sol";
import {AnswerHash} from "../src/libraries/AnswerHash.sol";
import {Answer} from "../src/types/Answer.sol";
import {Policy} from "../src/types/Policy.sol";
import {Terms} from "../src/types/Terms.sol";
import {AttestedVerifier} from "../src/verifiers/AttestedVerifier.sol";
import {Item} from "./support/Encoder.sol";
import {GatewayTest} from "./support/GatewayTest.sol";
import {NewerVm} from "./support/NewerVm.sol";

contract AttestedVerifierTest is GatewayTest {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    Item private item;

    function setUp() public override {
        super.setUp();
        item = answer(terms());
    }

    function test_k_distinct_operators_vouch() public view {
        address[] memory payees = verify(item, 2);
        assertEq(payees.length, 2);
        assertEq(payees[0], payeeAt(0));
        assertEq(payees[1], payeeAt(1));
        assertEq(verifier.level(), 1);
    }

    function test_more_than_k_may() public {
        item.proof = prove(item, 3);
        assertEq(verify(item, 2).length, 3);
    }

    function test_checks_that_a_policy_can_be_met() public {
        Policy memory policy = policyOf(address(verifier), 32);
        policy.verifyGas = uint32(verifier.minVerifyGas(32));
        verifier.checkPolicy(policy);
        --policy.verifyGas;
        vm.expectRevert(
            abi.encodeWithSelector(AttestedVerifier.VerifyGasTooLow.selector, policy.verifyGas + 1, policy.verifyGas)
        );
        verifier.checkPolicy(policy);
        vm.expectRevert(abi.encodeWithSelector(AttestedVerifier.TooManySignatures.selector, 32, 33));
        verifier.checkPolicy(policyOf(address(verifier), 33));
        policy = policyOf(address(verifier), 2);
        policy.setId = setId + 1;
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.UnknownSet.selector, setId + 1, setId));
        verifier.checkPolicy(policy);
    }

    function test_refuses_fewer_than_k() public {
        expectRefusal(item.proof, 3, abi.encodeWithSelector(AttestedVerifier.NotEnoughOperators.selector, 3, 2));
    }

    function test_refuses_nobody_even_where_nobody_is_needed() public {
        expectRefusal(hex"00", 0, abi.encodeWithSelector(AttestedVerifier.NotEnoughOperators.selector, 0, 0));
        expectRefusal("", 0, abi.encodeWithSelector(AttestedVerifier.ProofLength.selector, 1, 0));
    }

    function testFuzz_refuses_any_other_length(bytes memory proof) public {
        uint256 required = 1 + (proof.length == 0 ? 0 : uint256(uint8(proof[0])) * 85);
        vm.assume(proof.length != required);
        expectRefusal(proof, 2, abi.encodeWithSelector(AttestedVerifier.ProofLength.selector, required, proof.length));
    }

    function test_refuses_trailing_bytes() public {
        expectRefusal(
            bytes.concat(item.proof, hex"00"),
            2,
            abi.encodeWithSelector(AttestedVerifier.ProofLength.selector, 171, 172)
        );
    }

    function test_refuses_too_many_signatures() public {
        bytes memory proof = new bytes(1 + 33 * 85);
        proof[0] = bytes1(uint8(33));
        expectRefusal(proof, 2, abi.encodeWithSelector(AttestedVerifier.TooManySignatures.selector, 32, 33));
    }

    function test_as_many_signatures_as_the_limit_says_are_taken() public {
        uint256[] memory secrets = ascending(verifier.MAX_SIGNATURES());
        IWorkerSets.Worker[] memory workers = new IWorkerSets.Worker[](secrets.length);
        item.proof = abi.encodePacked(uint8(secrets.length));
        for (uint256 i = 0; i < secrets.length; ++i) {
            workers[i] = IWorkerSets.Worker(vm.addr(secrets[i]), operatorAt(i));
            item.proof = bytes.concat(item.proof, vote(item, secrets[i], payeeAt(i)));
        }
        setId = sets.registerSet(owner, owner, workers);
        address[] memory payees = verify(item, uint8(secrets.length));
        assertEq(payees.length, 32);
        assertEq(payees[31], payeeAt(31));
    }

    function test_refuses_one_signer_twice() public {
        bytes memory vote_ = vote(item, workerSecret(0), payeeAt(0));
        expectRefusal(
            bytes.concat(hex"02", vote_, vote_),
            2,
            abi.encodeWithSelector(AttestedVerifier.SignersNotAscending.selector, workerKey(0), workerKey(0))
        );
    }

    function test_refuses_signers_out_of_order() public {
        bytes memory proof =
            bytes.concat(hex"02", vote(item, workerSecret(1), payeeAt(1)), vote(item, workerSecret(0), payeeAt(0)));
        expectRefusal(
            proof, 2, abi.encodeWithSelector(AttestedVerifier.SignersNotAscending.selector, workerKey(1), workerKey(0))
        );
    }

    function test_refuses_two_keys_of_one_operator() public {
        IWorkerSets.Worker[] memory workers = new IWorkerSets.Worker[](2);
        workers[0] = IWorkerSets.Worker(workerKey(0), operatorAt(0));
        workers[1] = IWorkerSets.Worker(workerKey(1), operatorAt(0));
        setId = sets.registerSet(owner, owner, workers);
        expectRefusal(item.proof, 2, abi.encodeWithSelector(AttestedVerifier.OperatorRepeated.selector, operatorAt(0)));
    }

    function test_refuses_keys_outside_the_set() public {
        uint256 secret = uint256(keccak256("nobody"));
        bytes memory proof = bytes.concat(hex"01", vote(item, secret, payeeAt(0)));
        expectRefusal(proof, 1, abi.encodeWithSelector(AttestedVerifier.NotInSet.selector, setId, vm.addr(secret)));
    }

    function test_refuses_removed_and_not_yet_added_members() public {
        vm.prank(owner);
        sets.removeMember(setId, workerKey(1));
        bytes memory refusal = abi.encodeWithSelector(AttestedVerifier.NotInSet.selector, setId, workerKey(1));
        expectRefusal(item.proof, 2, refusal);
    }

    function test_refuses_the_upper_half_of_s() public {
        (bytes32 r, bytes32 s, uint8 v) = parts(item.proof);
        bytes memory proof = bytes.concat(
            hex"01", abi.encodePacked(payeeAt(0), r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27))
        );
        expectRefusal(proof, 1, abi.encodeWithSelector(AttestedVerifier.InvalidSignature.selector, 0));
    }

    /// @dev Nobody knows the keys of such signatures; that they exist is enough to see where the line is.
    function test_the_largest_s_of_the_lower_half_is_the_last_one_taken() public {
        (bytes32 r,,) = parts(item.proof);
        IProofVerifier.Claim memory claim = claimOf(item);
        bytes32 digest = AnswerHash.digest(
            claim.domainSeparator,
            Answer(claim.id, claim.status, claim.outputHash, claim.evidenceHash, payeeAt(0), claim.relayer)
        );
        IWorkerSets.Worker[] memory workers = new IWorkerSets.Worker[](2);
        for (uint256 i = 0; i < 2; ++i) {
            address signer = ecrecover(digest, 27, r, bytes32(ORDER / 2 + i));
            assertTrue(signer != address(0));
            workers[i] = IWorkerSets.Worker(signer, operatorAt(i));
        }
        setId = sets.registerSet(owner, owner, workers);
        bytes memory proof = bytes.concat(hex"01", abi.encodePacked(payeeAt(0), r, bytes32(ORDER / 2), uint8(27)));
        assertEq(verifyWith(claim, proof, 1)[0], payeeAt(0));
        proof = bytes.concat(hex"01", abi.encodePacked(payeeAt(0), r, bytes32(ORDER / 2 + 1), uint8(27)));
        expectRefusal(proof, 1, abi.encodeWithSelector(AttestedVerifier.InvalidSignature.selector, 0));
    }

    function test_refuses_other_recovery_ids() public {
        (bytes32 r, bytes32 s, uint8 v) = parts(item.proof);
        uint8[4] memory ids = [0, 1, v + 2, 255];
        for (uint256 i = 0; i < ids.length; ++i) {
            expectRefusal(
                bytes.concat(hex"01", abi.encodePacked(payeeAt(0), r, s, ids[i])),
                1,
                abi.encodeWithSelector(AttestedVerifier.InvalidSignature.selector, 0)
            );
        }
    }

    function test_refuses_an_empty_signature() public {
        bytes memory proof = bytes.concat(hex"01", abi.encodePacked(payeeAt(0), bytes32(0), bytes32(0), uint8(27)));
        expectRefusal(proof, 1, abi.encodeWithSelector(AttestedVerifier.InvalidSignature.selector, 0));
    }

    function test_refuses_a_zero_payee() public {
        bytes memory proof = bytes.concat(hex"01", vote(item, workerSecret(0), address(0)));
        expectRefusal(proof, 1, abi.encodeWithSelector(AttestedVerifier.ZeroPayee.selector, 0));
    }

    /// @dev Each field of the answer is signed: a change of any one recovers another key.
    function test_every_field_is_bound() public {
        expectUnbound(0);
        expectUnbound(1);
        expectUnbound(2);
        expectUnbound(3);
        expectUnbound(4);
        expectUnbound(5);
    }

    function testFuzz_any_altered_bit_of_the_proof_is_refused(uint256 bit) public {
        bytes memory proof = item.proof;
        bit = bound(bit, 0, proof.length * 8 - 1);
        proof[bit / 8] ^= bytes1(uint8(2 ** (bit % 8)));
        IProofVerifier.Claim memory claim = claimOf(item);
        vm.expectRevert();
        verifyWith(claim, proof, 2);
    }

    function expectUnbound(uint256 field) private {
        IProofVerifier.Claim memory claim = claimOf(item);
        if (field == 0) claim.id = keccak256("other");
        if (field == 1) claim.status = 2;
        if (field == 2) claim.outputHash = keccak256("other");
        if (field == 3) claim.evidenceHash = keccak256("other");
        if (field == 4) claim.relayer = address(1);
        if (field == 5) claim.domainSeparator = keccak256("other");
        bytes memory proof = bytes.concat(hex"01", vote(item, workerSecret(0), payeeAt(0)));
        NewerVm(address(vm)).expectPartialRevert(AttestedVerifier.NotInSet.selector);
        verifyWith(claim, proof, 1);
    }

    function expectRefusal(bytes memory proof, uint8 k, bytes memory refusal) private {
        IProofVerifier.Claim memory claim = claimOf(item);
        vm.expectRevert(refusal);
        verifyWith(claim, proof, k);
    }

    function verify(Item memory it, uint8 k) private view returns (address[] memory) {
        return verifyWith(claimOf(it), it.proof, k);
    }

    function verifyWith(
        IProofVerifier.Claim memory claim,
        bytes memory proof,
        uint8 k
    )
        private
        view
        returns (address[] memory)
    {
        Terms memory empty;
        return verifier.verify(policyOf(address(verifier), k), empty, claim, proof);
    }

    function claimOf(Item memory it) private view returns (IProofVerifier.Claim memory) {
        return IProofVerifier.Claim({
            id: gateway.idOf(it.terms),
            domainSeparator: gateway.domainSeparator(),
            status: it.status,
            outputHash: it.outputHash,
            evidenceHash: it.evidenceHash,
            relayer: it.relayer
        });
    }

    /// @dev Secrets whose addresses ascend.
    function ascending(uint256 count) private pure returns (uint256[] memory secrets) {
        secrets = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 at = i;
            for (; at > 0 && vm.addr(secrets[at - 1]) > vm.addr(i + 1); --at) {
                secrets[at] = secrets[at - 1];
            }
            secrets[at] = i + 1;
        }
    }

    /// @dev Of the first vote.
    function parts(bytes memory proof) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(proof, 0x35))
            s := mload(add(proof, 0x55))
            v := byte(0, mload(add(proof, 0x75)))
        }
    }
}
