// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AskDapp} from "../examples/AskDapp.sol";
import {InferenceConsumer} from "../src/InferenceConsumer.sol";
import {IInferenceGateway} from "../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../src/types/Lifecycle.sol";
import {Terms} from "../src/types/Terms.sol";
import {ASK_DAPP} from "./support/Artifacts.sol";
import {Item} from "./support/Encoder.sol";
import {GatewayTest} from "./support/GatewayTest.sol";

/// @notice The example, and through it the base contract.
contract AskDappTest is GatewayTest {
    AskDapp private dapp;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        dapp = AskDapp(deployCode(ASK_DAPP, abi.encode(gateway)));
        vm.prank(asker);
        id = dapp.ask{value: TOTAL}("model", string(INPUT), policyId, WORKER_FEE, RELAY_FEE, deadline());
    }

    function test_asks_in_its_own_name_for_the_asker() public {
        assertEq(gateway.idOf(asked()), id);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        vm.expectEmit(false, true, false, false, address(dapp));
        emit AskDapp.Asked(0, asker);
        vm.prank(asker);
        dapp.ask{value: TOTAL}("model", string(INPUT), policyId, WORKER_FEE, RELAY_FEE, deadline());
        (bool answered,,,) = dapp.answers(id);
        assertFalse(answered);
    }

    function test_stores_the_answer() public {
        vm.expectEmit(address(dapp));
        emit AskDapp.Answered(id, 1, string(OUTPUT));
        deliver(answerOf(OUTPUT, 1));
        expectStored(1, string(OUTPUT));
    }

    function test_stores_an_answer_of_400_bytes_within_its_gas() public {
        bytes memory output = new bytes(400);
        for (uint256 i = 0; i < 400; ++i) {
            output[i] = "x";
        }
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackSucceeded(id);
        deliver(answerOf(output, 1));
        expectStored(1, string(output));
    }

    function test_a_declined_request_is_stored_without_output_and_refunded_to_the_asker() public {
        deliver(answerOf("", 2));
        expectStored(2, "");
        assertEq(credit(asker), TOTAL);
    }

    function test_an_unanswered_request_is_refunded_to_the_asker() public {
        Terms memory it = asked();
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        assertEq(credit(asker), TOTAL);
    }

    function test_the_gateways_refusals_come_through() public {
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, TOTAL, TOTAL - 1));
        dapp.ask{value: TOTAL - 1}("model", string(INPUT), policyId, WORKER_FEE, RELAY_FEE, deadline());
    }

    function test_takes_answers_from_the_gateway_only() public {
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotGateway.selector, address(this)));
        dapp.onInference(id, address(dapp), "", 1, OUTPUT, true);
    }

    function test_takes_answers_to_its_own_questions_only() public {
        Terms memory it = terms();
        it.consumer = address(dapp);
        bytes32 foreign = open(it);
        Item memory item = answer(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackFailed(
            foreign, abi.encodeWithSelector(InferenceConsumer.NotAsked.selector, foreign)
        );
        deliver(item);
        (bool answered,,,) = dapp.answers(foreign);
        assertFalse(answered);
    }

    function test_a_final_answer_comes_once() public {
        deliver(answerOf(OUTPUT, 1));
        vm.prank(address(gateway));
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotAsked.selector, id));
        dapp.onInference(id, address(dapp), abi.encode(asker), 1, "another", true);
    }

    function test_a_provisional_answer_may_be_followed_by_another() public {
        vm.startPrank(address(gateway));
        dapp.onInference(id, address(dapp), abi.encode(asker), 1, "provisional", false);
        dapp.onInference(id, address(dapp), abi.encode(asker), 1, OUTPUT, true);
        expectStored(1, string(OUTPUT));
    }

    function test_another_requester_is_refused_even_from_the_gateway() public {
        vm.prank(address(gateway));
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotAsked.selector, id));
        dapp.onInference(id, asker, abi.encode(asker), 1, OUTPUT, true);
    }

    function deadline() private view returns (uint40) {
        return uint40(block.timestamp) + 600;
    }

    function asked() private view returns (Terms memory it) {
        it = terms();
        it.salt = bytes32(uint256(1));
        it.requester = it.consumer = address(dapp);
        it.refundTo = asker;
        it.callbackGasLimit = dapp.CALLBACK_GAS();
        it.contextHash = keccak256(abi.encode(asker));
        it.modelId = "model";
    }

    function answerOf(bytes memory output, uint8 status) private view returns (Item memory item) {
        item = answer(asked(), status, output, 2);
        item.context = abi.encode(asker);
    }

    function expectStored(uint8 status, string memory output) private view {
        (bool answered, uint8 status_, string memory output_, address asker_) = dapp.answers(id);
        assertTrue(answered);
        assertEq(status_, status);
        assertEq(output_, output);
        assertEq(asker_, asker);
    }
}
