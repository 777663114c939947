// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {GreedyVerifier, ScriptedVerifier} from "../support/Verifiers.sol";

/// @notice Anyone may register a policy with any verifier: the worst it can do is waste its own `verifyGas` and its own
/// users' time.
contract HostileVerifierTest is GatewayTest {
    function test_rubbish_returned_is_a_rejection() public {
        expectNoPayees("");
        expectNoPayees(abi.encode(true));
        expectNoPayees(abi.encode(new address[](0)));
        expectNoPayees(abi.encode(uint256(64), uint256(1), address(1)));
        expectNoPayees(abi.encode(uint256(32), uint256(2), address(1)));
        expectNoPayees(abi.encode(uint256(32), type(uint256).max, address(1)));
        expectNoPayees(abi.encode(uint256(32), uint256(1), address(0)));
        expectNoPayees(abi.encode(uint256(32), uint256(1), uint256(1) << 160));
        expectNoPayees(bytes.concat(abi.encode(uint256(32), uint256(1), address(1)), hex"00"));
        expectNoPayees(abi.encode(new address[](33)));
    }

    function testFuzz_anything_returned_settles_or_is_rejected(bytes calldata data) public {
        expectNoPayees(data);
    }

    function test_the_first_bytes_of_a_revert_are_the_detail() public {
        bytes memory reason = abi.encodeWithSignature("Error(string)", "this proof is not convincing in the least");
        bytes32 id = openUnder(address(new ScriptedVerifier(reason, true)));
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultRejected(id, uint8(Rejection.ProofRejected), reason);
        deliver(lastAnswer());
    }

    function testFuzz_the_detail_is_bounded(bytes calldata reason) public {
        bytes32 id = openUnder(address(new ScriptedVerifier(reason, true)));
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultRejected(
            id, uint8(Rejection.ProofRejected), reason.length > 132 ? reason[:132] : reason
        );
        deliver(lastAnswer());
    }

    function test_bombs_and_burners_cost_no_more_than_their_gas() public {
        for (uint256 way = 0; way < 3; ++way) {
            bytes32 id = openUnder(address(new GreedyVerifier(GreedyVerifier.Way(way))));
            bytes memory body = Encoder.body(Encoder.item(lastAnswer()));
            uint256 before = gasleft();
            deliver(body);
            assertLt(before - gasleft(), 200_000 + 60_000);
            assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        }
    }

    function test_the_neighbours_of_a_burner_are_delivered() public {
        openUnder(address(new GreedyVerifier(GreedyVerifier.Way.Burns)));
        bytes[] memory items = new bytes[](2);
        items[0] = Encoder.item(lastAnswer());
        Terms memory good = terms();
        bytes32 id = open(good);
        items[1] = Encoder.item(answer(good));
        deliver(Encoder.body(items));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
    }

    function test_a_verifier_may_name_up_to_32_payees() public {
        address[] memory payees = new address[](32);
        for (uint256 i = 0; i < 32; ++i) {
            payees[i] = address(uint160(0xFEE0 + i));
        }
        bytes32 id = openUnder(address(new ScriptedVerifier(abi.encode(payees), false)));
        deliver(lastAnswer());
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        assertEq(credit(payees[0]), WORKER_FEE / 32 + WORKER_FEE % 32);
        assertEq(credit(payees[31]), WORKER_FEE / 32);
    }

    Terms private last;

    function openUnder(address verifier_) private returns (bytes32) {
        last = terms();
        last.policyId = gateway.registerPolicy(policyOf(verifier_, 1));
        return open(last);
    }

    function lastAnswer() private view returns (Item memory) {
        return answer(last);
    }

    function expectNoPayees(bytes memory returned) private {
        bytes32 id = openUnder(address(new ScriptedVerifier(returned, false)));
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.ResultRejected(id, uint8(Rejection.ProofRejected), "");
        deliver(lastAnswer());
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
    }
}
