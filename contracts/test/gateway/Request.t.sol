// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

contract RequestTest is GatewayTest {
    function test_opens_and_says_everything_in_one_event() public {
        Terms memory it = terms();
        bytes32 expected = gateway.idOf(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.RequestOpened(expected, 1, it, INPUT, "");
        bytes32 id = open(it);
        assertEq(id, expected);
        assertEq(gateway.stateOf(id), uint256(1) | uint256(it.deadline) << 16);
        assertEq(address(gateway).balance, TOTAL);
        assertEq(gateway.requestCount(), 1);
    }

    function test_zero_salt_becomes_the_sequence_number() public {
        open(terms());
        Terms memory it = terms();
        it.salt = 0;
        bytes32 id = open(it);
        it.salt = bytes32(uint256(2));
        assertEq(id, gateway.idOf(it));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        assertEq(gateway.requestCount(), 2);
    }

    function test_identical_requests_with_zero_salt_get_different_ids() public {
        Terms memory it = terms();
        it.salt = 0;
        assertTrue(open(it) != open(it));
    }

    function test_a_refused_request_leaves_no_gap_in_the_sequence() public {
        Terms memory it = terms();
        open(it);
        bytes memory refusal = abi.encodeWithSelector(IInferenceGateway.RequestExists.selector, gateway.idOf(it));
        expectRefusal(it, TOTAL, refusal);
        assertEq(gateway.requestCount(), 1);
    }

    function test_consumer_may_be_any_other_contract_or_account() public {
        Terms memory it = terms();
        it.consumer = makeAddr("somebody else");
        open(it);
    }

    function test_free_requests_are_taken_where_the_protocol_asks_nothing() public {
        vm.prank(owner);
        gateway.setProtocolFee(0);
        Terms memory it = terms();
        (it.workerFee, it.relayFee) = (0, 0);
        open(it);
    }

    function test_limits_themselves_are_allowed() public {
        Terms memory it = terms();
        it.callbackGasLimit = gateway.MAX_CALLBACK_GAS();
        it.deadline = uint40(block.timestamp) + gateway.MAX_TTL();
        bytes memory input = new bytes(gateway.MAX_INPUT_BYTES());
        bytes memory context = new bytes(gateway.MAX_CONTEXT_BYTES());
        (it.inputHash, it.contextHash) = (keccak256(input), keccak256(context));
        vm.prank(asker);
        gateway.request{value: TOTAL}(it, input, context);
        it = terms();
        it.deadline = uint40(block.timestamp) + 60;
        open(it);
    }

    function test_refuses_another_version() public {
        Terms memory it = terms();
        it.version = 2;
        expectRefusal(it, TOTAL, abi.encodeWithSelector(IInferenceGateway.UnsupportedVersion.selector, 1, 2));
    }

    function test_refuses_to_act_for_another() public {
        Terms memory it = terms();
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotRequester.selector, asker, address(this)));
        gateway.request(it, INPUT, "");
    }

    function test_refuses_zero_consumer_and_zero_refund() public {
        Terms memory it = terms();
        it.consumer = address(0);
        expectRefusal(it, TOTAL, abi.encodeWithSelector(IInferenceGateway.ZeroAddress.selector));
        it = terms();
        it.refundTo = address(0);
        expectRefusal(it, TOTAL, abi.encodeWithSelector(IInferenceGateway.ZeroAddress.selector));
    }

    function test_refuses_consumers_the_gateway_must_never_call() public {
        address[3] memory targets = [address(gateway), address(mailbox), ism];
        for (uint256 i = 0; i < targets.length; ++i) {
            Terms memory it = terms();
            it.consumer = targets[i];
            bytes memory refusal = abi.encodeWithSelector(IInferenceGateway.ForbiddenConsumer.selector, targets[i]);
            expectRefusal(it, TOTAL, refusal);
        }
    }

    function test_refuses_unknown_policies() public {
        uint32[2] memory unknown = [uint32(0), policyId + 1];
        for (uint256 i = 0; i < unknown.length; ++i) {
            Terms memory it = terms();
            it.policyId = unknown[i];
            bytes memory refusal =
                abi.encodeWithSelector(IInferenceGateway.UnknownPolicy.selector, unknown[i], gateway.policyCount());
            expectRefusal(it, TOTAL, refusal);
        }
    }

    function test_refuses_a_deadline_too_near() public {
        Terms memory it = terms();
        uint40 earliest = uint40(block.timestamp) + 60;
        it.deadline = earliest - 1;
        expectRefusal(
            it, TOTAL, abi.encodeWithSelector(IInferenceGateway.DeadlineTooNear.selector, earliest, earliest - 1)
        );
    }

    function test_refuses_a_deadline_too_far() public {
        Terms memory it = terms();
        uint40 latest = uint40(block.timestamp) + 7 days;
        it.deadline = latest + 1;
        expectRefusal(it, TOTAL, abi.encodeWithSelector(IInferenceGateway.DeadlineTooFar.selector, latest, latest + 1));
    }

    function test_refuses_an_oversized_input() public {
        Terms memory it = terms();
        bytes memory input = new bytes(16_385);
        it.inputHash = keccak256(input);
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.InputTooLarge.selector, 16_384, 16_385));
        gateway.request{value: TOTAL}(it, input, "");
    }

    function test_refuses_an_oversized_context() public {
        Terms memory it = terms();
        bytes memory context = new bytes(1_025);
        it.contextHash = keccak256(context);
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.ContextTooLarge.selector, 1_024, 1_025));
        gateway.request{value: TOTAL}(it, INPUT, context);
    }

    function test_refuses_too_much_callback_gas() public {
        Terms memory it = terms();
        it.callbackGasLimit = 5_000_001;
        expectRefusal(
            it, TOTAL, abi.encodeWithSelector(IInferenceGateway.CallbackGasTooHigh.selector, 5_000_000, 5_000_001)
        );
    }

    function test_refuses_modes_this_version_does_not_serve() public {
        Terms memory it = terms();
        it.inputMode = 1;
        expectRefusal(it, TOTAL, abi.encodeWithSelector(IInferenceGateway.UnsupportedMode.selector, 1, 0));
        it = terms();
        it.outputMode = 2;
        expectRefusal(it, TOTAL, abi.encodeWithSelector(IInferenceGateway.UnsupportedMode.selector, 0, 2));
    }

    function test_refuses_other_tokens() public {
        Terms memory it = terms();
        it.feeToken = address(0xE20);
        expectRefusal(it, TOTAL, abi.encodeWithSelector(IInferenceGateway.UnsupportedToken.selector, address(0xE20)));
    }

    function test_refuses_an_input_that_does_not_hash() public {
        Terms memory it = terms();
        vm.prank(asker);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceGateway.InputHashMismatch.selector, it.inputHash, keccak256("other"))
        );
        gateway.request{value: TOTAL}(it, "other", "");
    }

    function test_refuses_a_context_that_does_not_hash() public {
        Terms memory it = terms();
        vm.prank(asker);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceGateway.ContextHashMismatch.selector, keccak256(""), keccak256("other"))
        );
        gateway.request{value: TOTAL}(it, INPUT, "other");
    }

    function test_refuses_another_protocol_fee_than_the_present_one() public {
        Terms memory it = terms();
        it.protocolFee = PROTOCOL_FEE - 1;
        expectRefusal(
            it,
            total(it),
            abi.encodeWithSelector(IInferenceGateway.ProtocolFeeMismatch.selector, PROTOCOL_FEE, PROTOCOL_FEE - 1)
        );
    }

    function test_refuses_any_value_but_the_exact_fee() public {
        Terms memory it = terms();
        expectRefusal(it, TOTAL - 1, abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, TOTAL, TOTAL - 1));
        expectRefusal(it, TOTAL + 1, abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, TOTAL, TOTAL + 1));
    }

    function test_refuses_the_same_terms_even_after_they_expired() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        vm.warp(it.deadline - 100);
        expectRefusal(it, TOTAL, abi.encodeWithSelector(IInferenceGateway.RequestExists.selector, id));
    }

    function testFuzz_the_fee_is_the_sum(uint96 workerFee, uint96 relayFee, uint96 protocolFee) public {
        vm.prank(owner);
        gateway.setProtocolFee(protocolFee);
        Terms memory it = terms();
        (it.workerFee, it.relayFee) = (workerFee, relayFee);
        uint256 sum = uint256(workerFee) + relayFee + protocolFee;
        (uint256 quoted,,) = gateway.quote(it);
        assertEq(quoted, sum);
        deal(asker, sum + 1);
        expectRefusal(it, sum + 1, abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, sum, sum + 1));
        open(it);
        assertEq(address(gateway).balance, sum);
    }

    function test_quote_says_fee_and_earliest_deadline() public {
        Terms memory it = terms();
        it.protocolFee = 0;
        (uint256 all, uint96 protocolFee, uint40 earliest) = gateway.quote(it);
        assertEq(all, TOTAL);
        assertEq(protocolFee, PROTOCOL_FEE);
        assertEq(earliest, block.timestamp + 60);
    }

    function test_quote_refuses_an_unknown_policy() public {
        Terms memory it = terms();
        it.policyId = 9;
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownPolicy.selector, 9, 1));
        gateway.quote(it);
    }

    function expectRefusal(Terms memory it, uint256 value, bytes memory refusal) private {
        vm.prank(it.requester);
        vm.expectRevert(refusal);
        gateway.request{value: value}(it, INPUT, "");
    }
}
