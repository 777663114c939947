// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test, Vm} from "forge-std/Test.sol";
import {IProofVerifier} from "../src/interfaces/IProofVerifier.sol";
import {AnswerHash} from "../src/libraries/AnswerHash.sol";
import {TermsCodec} from "../src/libraries/TermsCodec.sol";
import {Answer} from "../src/types/Answer.sol";
import {Policy} from "../src/types/Policy.sol";
import {Result} from "../src/types/Result.sol";
import {Terms} from "../src/types/Terms.sol";
import {Encoder} from "./support/Encoder.sol";
import {LayoutHarness} from "./support/LayoutHarness.sol";

/// @notice Whatever is laid out by assembly, against what Solidity itself makes of the same.
contract LayoutsTest is Test {
    LayoutHarness private immutable harness = new LayoutHarness();

    /// @dev One word of the terms gets bits it may have no room for: both must refuse them, or both must keep them.
    function testFuzz_opened_requests(
        Terms memory terms,
        bytes memory input,
        bytes memory context,
        uint256 member,
        uint256 noise,
        bool noisy
    )
        public
    {
        bytes memory arguments = abi.encode(terms, input, context);
        member = bound(member, 0, 17);
        if (noisy) {
            assembly ("memory-safe") {
                let at := add(add(arguments, 0x20), mul(member, 0x20))
                mstore(at, or(mload(at), noise))
            }
        }
        vm.recordLogs();
        (bool taken, bytes memory laidOut) =
            address(harness).call(bytes.concat(LayoutHarness.openedRequest.selector, arguments));
        (bool plainlyTaken, bytes memory plain) =
            address(harness).call(bytes.concat(LayoutHarness.openedRequestPlainly.selector, arguments));
        assertEq(taken, plainlyTaken, "taken");
        assertEq(laidOut, plain);
        if (taken) assertSameLogs();
        else assertEq(laidOut.length, 0, "refused without a word, as Solidity does");
    }

    function test_every_narrow_member_refuses_the_bit_above_it() public {
        Terms memory none;
        bytes memory clean = abi.encode(none, "", "");
        uint256[18] memory bits =
            [uint256(8), 256, 160, 160, 160, 32, 256, 256, 256, 8, 8, 32, 160, 96, 96, 96, 160, 40];
        for (uint256 i = 0; i < 18; ++i) {
            bytes memory arguments = bytes.concat(clean);
            assertTrue(takes(arguments));
            if (bits[i] == 256) continue;
            uint256 word = 1 << (bits[i] - 1);
            setWord(arguments, i, word);
            assertTrue(takes(arguments), "highest bit of its own");
            setWord(arguments, i, word << 1);
            assertFalse(takes(arguments), "bit above");
        }
    }

    function testFuzz_a_request_is_announced_by_its_number_alone(uint256 intake) public {
        vm.recordLogs();
        harness.announceNext(intake);
        assertEq(vm.getRecordedLogs()[0].topics[2], bytes32(uint256(uint64(intake))));
    }

    function testFuzz_laid_out_terms_hash_as_terms(Terms memory terms) public {
        (bytes32 before, bytes32 salted) = harness.hashOfLaidOut(terms);
        assertEq(before, keccak256(abi.encode(TermsCodec.TYPEHASH, terms)));
        terms.salt = bytes32(uint256(9));
        assertEq(salted, keccak256(abi.encode(TermsCodec.TYPEHASH, terms)));
    }

    function testFuzz_calls_to_verify(
        Policy memory policy,
        Terms memory terms,
        IProofVerifier.Claim memory claim,
        bytes memory proof
    )
        public
    {
        assertEq(
            harness.verifyCall(policy, Encoder.terms(terms), claim, proof),
            abi.encodeCall(IProofVerifier.verify, (policy, terms, claim, proof))
        );
    }

    function testFuzz_settled_results(
        bytes32 id,
        Result memory result,
        bytes memory output,
        uint8 level,
        bool isFinal
    )
        public
    {
        vm.recordLogs();
        bytes32 digest = harness.announce(id, result, output, level, isFinal);
        assertEq(digest, harness.announcePlainly(id, result, output, level, isFinal));
        assertSameLogs();
    }

    function testFuzz_answers_of_one_claim(IProofVerifier.Claim memory claim, address first, address second) public {
        (bytes32 one, bytes32 two) = harness.digests(claim, first, second);
        assertEq(one, digestOf(claim, first));
        assertEq(two, digestOf(claim, second));
    }

    function testFuzz_hashes_of_calldata(bytes memory data) public {
        assertEq(harness.hash(data), keccak256(data));
    }

    function digestOf(IProofVerifier.Claim memory it, address payee) private pure returns (bytes32) {
        return AnswerHash.digest(
            it.domainSeparator, Answer(it.id, it.status, it.outputHash, it.evidenceHash, payee, it.relayer)
        );
    }

    function takes(bytes memory arguments) private returns (bool taken) {
        (taken,) = address(harness).call(bytes.concat(LayoutHarness.openedRequest.selector, arguments));
    }

    function setWord(bytes memory arguments, uint256 index, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(add(add(arguments, 0x20), mul(index, 0x20)), word)
        }
    }

    function assertSameLogs() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2);
        assertEq(abi.encode(logs[0].topics), abi.encode(logs[1].topics), "topics");
        assertEq(logs[0].data, logs[1].data, "data");
    }
}
