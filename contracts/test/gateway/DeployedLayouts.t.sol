// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Vm} from "forge-std/Test.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Request} from "../../src/types/Request.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {AnyPolicy, ScriptedVerifier} from "../support/Verifiers.sol";

/// @notice Reverts with the hash of the call it got.
contract EchoingVerifier is AnyPolicy {
    error Called(bytes32 hash);

    function level() external pure returns (uint8) {
        return 1;
    }

    fallback() external {
        revert Called(keccak256(msg.data));
    }
}

/// @notice `Layouts.t.sol` holds the assembly against Solidity as the tests are compiled; here it is the deployed
/// gateway, which the compiler makes another way, and arguments as no encoder would write them.
contract DeployedLayoutsTest is GatewayTest {
    bytes32 private constant TERMS_TYPEHASH = keccak256(
        "Terms(uint8 version,bytes32 salt,address requester,address consumer,address refundTo,uint32 callbackGasLimit,"
        "bytes32 contextHash,bytes32 modelId,bytes32 inputHash,uint8 inputMode,uint8 outputMode,uint32 policyId,"
        "address feeToken,uint96 workerFee,uint96 relayFee,uint96 protocolFee,address relayer,uint40 deadline)"
    );

    function testFuzz_a_request_is_named_and_announced_as_it_is(
        Terms memory it,
        bytes memory input,
        bytes memory context
    )
        public
    {
        admit(it, input, context);
        deal(asker, total(it));
        vm.recordLogs();
        vm.prank(asker);
        bytes32 id = gateway.request{value: total(it)}(it, input, context);
        if (it.salt == 0) it.salt = bytes32(uint256(1));
        assertEq(id, plainId(it), "id");
        assertEq(gateway.idOf(it), id, "idOf");
        assertOpened(vm.getRecordedLogs()[0], id, 1, it, input, context);
    }

    /// @dev Both sections share their bytes, a gap and a tail of ones lie around them.
    function testFuzz_sections_may_lie_anywhere(Terms memory it, bytes memory shared, uint8 gap) public {
        if (shared.length > 1_024) shared = "";
        admit(it, shared, shared);
        deal(asker, total(it));
        uint256 at = 0x280 + uint256(gap);
        bytes memory call = bytes.concat(
            abi.encodeWithSelector(IInferenceGateway.request.selector, it, at, at),
            ones(gap),
            abi.encode(shared.length),
            shared,
            ones(77)
        );
        vm.recordLogs();
        vm.prank(asker);
        (bool taken, bytes memory returned) = address(gateway).call{value: total(it)}(call);
        assertTrue(taken);
        if (it.salt == 0) it.salt = bytes32(uint256(1));
        bytes32 id = abi.decode(returned, (bytes32));
        assertEq(id, plainId(it));
        assertOpened(vm.getRecordedLogs()[0], id, 1, it, shared, shared);
    }

    function testFuzz_sections_beyond_the_call_are_refused(uint256 offset, uint256 length) public {
        length = bound(length, 1, length % 2 == 0 ? 64 : type(uint256).max);
        Terms memory it = terms();
        bytes memory call = abi.encodeWithSelector(
            IInferenceGateway.request.selector, it, uint256(0x280), uint256(0x2a0), uint256(0), length, bytes32(0)
        );
        // The context has 32 bytes at 0x2c0 and claims `length`; the input is empty.
        it.inputHash = keccak256("");
        refuses(withTerms(call, it), length > 32);
        // Now the input's own offset is anything.
        if (offset > 0x2c0) {
            call = abi.encodeWithSelector(
                IInferenceGateway.request.selector, it, offset, uint256(0x280), uint256(0), uint256(0), bytes32(0)
            );
            refuses(call, true);
        }
    }

    /// @dev Through every door terms come in by: what is hashed must be what is read.
    function test_terms_with_bits_beyond_their_members_are_refused() public {
        uint256[18] memory bits =
            [uint256(8), 256, 160, 160, 160, 32, 256, 256, 256, 8, 8, 32, 160, 96, 96, 96, 160, 40];
        bytes4[4] memory doors = [
            IInferenceGateway.idOf.selector,
            IInferenceGateway.expire.selector,
            IInferenceGateway.cancel.selector,
            IInferenceGateway.dispute.selector
        ];
        Terms memory it = terms();
        open(it);
        for (uint256 i = 0; i < 18; ++i) {
            if (bits[i] == 256) continue;
            bytes memory encoded = abi.encode(it);
            assembly ("memory-safe") {
                let at := add(add(encoded, 0x20), mul(i, 0x20))
                mstore(at, or(mload(at), shl(mload(add(bits, mul(i, 0x20))), 1)))
            }
            for (uint256 j = 0; j < doors.length; ++j) {
                vm.prank(asker);
                (bool taken, bytes memory reason) = address(gateway).call(bytes.concat(doors[j], encoded));
                assertFalse(taken);
                assertEq(reason.length, 0);
            }
        }
    }

    /// @dev All three point at one tail.
    function test_a_batch_may_point_thrice_at_one_request() public {
        Terms memory it = terms();
        it.salt = 0;
        bytes memory one = abi.encode(Request(it, INPUT, ""));
        // Without the offset that makes it an argument.
        bytes memory tail = new bytes(one.length - 32);
        for (uint256 i = 0; i < tail.length; ++i) {
            tail[i] = one[i + 32];
        }
        bytes memory call = bytes.concat(
            abi.encodeWithSelector(IInferenceGateway.requestBatch.selector, uint256(0x20), uint256(3)),
            abi.encode(uint256(0x60), uint256(0x60), uint256(0x60)),
            tail
        );
        vm.recordLogs();
        vm.prank(asker);
        (bool taken, bytes memory returned) = address(gateway).call{value: 3 * total(it)}(call);
        assertTrue(taken);
        bytes32[] memory ids = abi.decode(returned, (bytes32[]));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 3);
        for (uint64 i = 0; i < 3; ++i) {
            it.salt = bytes32(uint256(i) + 1);
            assertEq(ids[i], plainId(it));
            assertOpened(logs[i], ids[i], i + 1, it, INPUT, "");
        }
        // Terms that end beyond the call.
        call = bytes.concat(
            abi.encodeWithSelector(IInferenceGateway.requestBatch.selector, uint256(0x20), uint256(1)),
            abi.encode(uint256(0x40)),
            tail
        );
        vm.prank(asker);
        (taken,) = address(gateway).call{value: total(it)}(call);
        assertFalse(taken);
    }

    /// @dev Three items in one message, so that two are laid out in memory that others have used.
    function testFuzz_the_verifier_is_called_as_solidity_would(bytes[3] memory proofs, bytes memory output) public {
        if (output.length > 4_000) output = "";
        Policy memory policy = policyOf(address(new EchoingVerifier()), 3);
        (policy.minTtl, policy.window) = (77, 88);
        Terms memory it = terms();
        it.policyId = gateway.registerPolicy(policy);
        bytes[] memory items = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            it.salt = bytes32(i + 1);
            bytes32 id = open(it);
            items[i] =
                Encoder.item(Item(it, 1, keccak256(output), keccak256(proofs[i]), relayer, "", output, proofs[i]));
            IProofVerifier.Claim memory claim = IProofVerifier.Claim(
                id, gateway.domainSeparator(), 1, keccak256(output), keccak256(proofs[i]), relayer
            );
            bytes memory call = abi.encodeCall(IProofVerifier.verify, (policy, it, claim, proofs[i]));
            vm.expectEmit(address(gateway));
            emit IInferenceGateway.ResultRejected(
                id, 6, abi.encodeWithSelector(EchoingVerifier.Called.selector, keccak256(call))
            );
            deliver(Encoder.body(items[i]));
        }
        vm.recordLogs();
        deliver(Encoder.body(items));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < 3; ++i) {
            it.salt = bytes32(i + 1);
            IProofVerifier.Claim memory claim = IProofVerifier.Claim(
                plainId(it), gateway.domainSeparator(), 1, keccak256(output), keccak256(proofs[i]), relayer
            );
            bytes32 hash = keccak256(abi.encodeCall(IProofVerifier.verify, (policy, it, claim, proofs[i])));
            assertEq(logs[i].data, abi.encode(6, abi.encodeWithSelector(EchoingVerifier.Called.selector, hash)));
        }
    }

    function testFuzz_a_result_is_kept_announced_and_paid_as_it_is(
        uint8 count,
        uint96 workerFee,
        bytes memory output,
        bool declined
    )
        public
    {
        if (output.length > 4_000) output = "";
        uint256 n = uint256(count) % 32 + 1;
        address[] memory payees = new address[](n);
        for (uint256 i = 0; i < n; ++i) {
            payees[i] = address(uint160(uint256(keccak256(abi.encode(output, i % 7)))));
        }
        Terms memory it = terms();
        it.policyId = gateway.registerPolicy(policyOf(address(new ScriptedVerifier(abi.encode(payees), false)), 1));
        it.workerFee = workerFee;
        deal(asker, total(it));
        bytes32 id = open(it);
        uint8 status = declined ? 3 : 1;
        vm.recordLogs();
        deliver(Item(it, status, keccak256(output), keccak256("evidence"), relayer, "", output, "proof"));
        Vm.Log memory log = vm.getRecordedLogs()[0];
        assertEq(log.topics[1], id);
        assertEq(log.topics[2], bytes32(uint256(uint160(relayer))));
        assertEq(log.data, abi.encode(status, keccak256(output), keccak256("evidence"), payees, output, uint8(1), true));
        uint256 digest =
            uint200(uint256(keccak256(abi.encode(status, keccak256(output), keccak256("evidence"), payees))));
        assertEq(gateway.stateOf(id) >> 56, digest);
        assertEq(uint8(stateOf(id)), declined ? uint8(RequestState.Declined) : uint8(RequestState.Delivered), "state");
        uint256 sum = credit(relayer) + credit(treasury) + credit(refundee);
        for (uint256 i = 0; i < (n < 7 ? n : 7); ++i) {
            sum += credit(payees[i]);
        }
        assertEq(sum, address(gateway).balance, "every unit is someone's");
    }

    /// @dev Makes terms that `request` takes of any; all that it does not look at stays.
    function admit(Terms memory it, bytes memory input, bytes memory context) private {
        vm.assume(input.length <= 16_384 && context.length <= 1_024);
        it.version = 1;
        it.requester = asker;
        if (it.consumer == address(0) || it.consumer == ism || it.consumer == address(mailbox)) it.consumer = asker;
        if (it.refundTo == address(0)) it.refundTo = asker;
        it.callbackGasLimit %= 5_000_001;
        (it.inputHash, it.contextHash) = (keccak256(input), keccak256(context));
        it.inputMode = 0;
        it.outputMode %= 2;
        it.policyId = policyId;
        it.feeToken = address(0);
        vm.prank(owner);
        gateway.setProtocolFee(it.protocolFee);
        it.deadline = uint40(block.timestamp + 60 + it.deadline % (7 days - 60));
    }

    function refuses(bytes memory call, bool refused) private {
        vm.prank(asker);
        (bool taken, bytes memory reason) = address(gateway).call{value: TOTAL}(call);
        assertFalse(taken);
        if (refused) assertEq(reason.length, 0, "by the decoder, before anything is copied");
        else assertGt(reason.length, 4, "for another reason");
    }

    function withTerms(bytes memory call, Terms memory it) private pure returns (bytes memory) {
        bytes memory encoded = abi.encode(it);
        for (uint256 i = 0; i < encoded.length; ++i) {
            call[4 + i] = encoded[i];
        }
        return call;
    }

    function ones(uint256 size) private pure returns (bytes memory all) {
        all = new bytes(size);
        for (uint256 i = 0; i < size; ++i) {
            all[i] = 0xff;
        }
    }

    function plainId(Terms memory it) private view returns (bytes32) {
        bytes32 structHash = keccak256(bytes.concat(TERMS_TYPEHASH, abi.encode(it)));
        return keccak256(abi.encodePacked(hex"1901", gateway.domainSeparator(), structHash));
    }

    function assertOpened(
        Vm.Log memory log,
        bytes32 id,
        uint64 seq,
        Terms memory it,
        bytes memory input,
        bytes memory context
    )
        private
        pure
    {
        assertEq(log.topics[0], IInferenceGateway.RequestOpened.selector);
        assertEq(log.topics[1], id);
        assertEq(log.topics[2], bytes32(uint256(seq)));
        assertEq(log.data, abi.encode(it, input, context), "data");
    }
}
