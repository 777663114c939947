// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GreedyConsumer} from "../support/Consumers.sol";
import {Encoder} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {ExactGasVerifier} from "../support/Verifiers.sol";

/// @notice A relayer chooses the gas of a delivery, so it must never be able to make a verifier or a callback fail by
/// giving too little: either they get exactly what was promised, or the message reverts and can be delivered again.
contract GasPromiseTest is GatewayTest {
    /// @dev What the consumer's prologue takes before it reads its gas.
    uint256 private constant PROLOGUE = 1_000;

    function testFuzz_all_or_nothing(uint256 gasGiven, uint32 promised) public {
        Terms memory it = terms();
        it.callbackGasLimit = uint32(bound(promised, 400_000, 3_000_000));
        bytes32 id = open(it);
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        gasGiven = bound(gasGiven, 30_000, 4_500_000);

        vm.prank(address(mailbox));
        try gateway.handle{gas: gasGiven}(HUB_DOMAIN, HUB, body) {
            assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
            assertEq(consumer.calls(), 1, "a promised callback was not starved");
            assertLe(consumer.gasAtEntry(), it.callbackGasLimit);
            assertGe(consumer.gasAtEntry() + PROLOGUE, it.callbackGasLimit);
        } catch {
            assertEq(uint8(stateOf(id)), uint8(RequestState.Open), "nothing happened");
            assertEq(consumer.calls(), 0);
        }
    }

    function testFuzz_the_callback_has_the_same_gas_however_much_is_delivered(uint256 gasGiven) public {
        Terms memory it = terms();
        bytes32 id = open(it);
        gasGiven = bound(gasGiven, 1_500_000, 25_000_000);
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        vm.prank(address(mailbox));
        gateway.handle{gas: gasGiven}(HUB_DOMAIN, HUB, body);
        uint256 first = consumer.gasAtEntry();

        it.salt = bytes32(uint256(43));
        open(it);
        deliver(answer(it));
        assertEq(consumer.gasAtEntry(), first);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
    }

    /// @dev Narrows down to the least gas with which a delivery goes through: just there starving would begin.
    function test_attack_gas_starvation_at_the_63_64_edge_of_the_callback() public {
        Terms memory it = terms();
        it.callbackGasLimit = gateway.MAX_CALLBACK_GAS();
        bytes32 id = open(it);
        leastGas(id, Encoder.body(Encoder.item(answer(it))), it.callbackGasLimit);
    }

    function test_attack_gas_starvation_at_the_63_64_edge_of_the_verifier() public {
        Terms memory it = terms();
        it.callbackGasLimit = 0;
        it.policyId = exactGasPolicy(gateway.MAX_VERIFY_GAS());
        bytes32 id = open(it);
        leastGas(id, Encoder.body(Encoder.item(answer(it))), 0);
    }

    function test_too_little_for_the_callback_is_a_named_revert_with_both_numbers() public {
        Terms memory it = terms();
        it.callbackGasLimit = 2_000_000;
        open(it);
        expectInsufficientGas(Encoder.body(Encoder.item(answer(it))), 900_000, 2_000_000);
    }

    function test_too_little_for_the_verifier_is_a_named_revert_with_both_numbers() public {
        Terms memory it = terms();
        it.policyId = exactGasPolicy(1_000_000);
        open(it);
        expectInsufficientGas(Encoder.body(Encoder.item(answer(it))), 700_000, 1_000_000);
    }

    /// @dev The verifier reverts unless it has its gas; if it ever ran with less, the item would be rejected for good.
    function testFuzz_a_verifier_is_never_starved(uint256 gasGiven) public {
        Terms memory it = terms();
        it.policyId = exactGasPolicy(1_000_000);
        bytes32 id = open(it);
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        vm.recordLogs();
        vm.prank(address(mailbox));
        try gateway.handle{gas: bound(gasGiven, 30_000, 2_500_000)}(HUB_DOMAIN, HUB, body) {
            assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        } catch {
            assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        }
    }

    /// @dev A burner takes all it was promised; what the check kept back is enough to finish.
    function testFuzz_a_burner_leaves_enough_to_finish(uint256 gasGiven) public {
        Terms memory it = terms();
        it.consumer = address(new GreedyConsumer(false));
        bytes32 id = open(it);
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        vm.prank(address(mailbox));
        try gateway.handle{gas: bound(gasGiven, 600_000, 900_000)}(HUB_DOMAIN, HUB, body) {
            assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IInferenceGateway.InsufficientGas.selector, "never out of gas half way");
        }
    }

    function leastGas(bytes32 id, bytes memory body, uint256 promised) private {
        uint256 tooLittle = 100_000;
        uint256 enough = 8_000_000;
        while (enough - tooLittle > 1) {
            uint256 given = (tooLittle + enough) / 2;
            uint256 snapshot = vm.snapshot();
            vm.prank(address(mailbox));
            try gateway.handle{gas: given}(HUB_DOMAIN, HUB, body) {
                enough = given;
                assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered), "the verifier was not starved");
                assertGe(consumer.gasAtEntry() + PROLOGUE, promised, "the callback was not starved");
            } catch {
                tooLittle = given;
            }
            vm.revertTo(snapshot);
        }
        assertLt(enough, 8_000_000, "something was delivered");
    }

    function exactGasPolicy(uint32 verifyGas) private returns (uint32) {
        // The prologue of the fallback comes before its first look at the gas.
        Policy memory policy = policyOf(address(new ExactGasVerifier(verifyGas - 200)), 1);
        policy.verifyGas = verifyGas;
        return gateway.registerPolicy(policy);
    }

    function expectInsufficientGas(bytes memory body, uint256 gasGiven, uint256 promised) private {
        vm.prank(address(mailbox));
        try gateway.handle{gas: gasGiven}(HUB_DOMAIN, HUB, body) {
            revert("taken");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IInferenceGateway.InsufficientGas.selector);
            uint256 required;
            uint256 available;
            assembly ("memory-safe") {
                required := mload(add(reason, 0x24))
                available := mload(add(reason, 0x44))
            }
            assertGe(required, promised + promised / 63);
            assertLt(available, gasGiven);
        }
    }
}
