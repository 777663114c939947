// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {IWorkerSets} from "../../src/interfaces/IWorkerSets.sol";
import {Rejection} from "../../src/types/Lifecycle.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Terms} from "../../src/types/Terms.sol";
import {AttestedVerifier} from "../../src/verifiers/AttestedVerifier.sol";
import {Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {AnyPolicy, RefusingVerifier} from "../support/Verifiers.sol";

/// @notice A verifier that changes its mind about its level.
contract ToldLevel is AnyPolicy {
    uint8 public level;

    constructor(uint8 level_) {
        level = level_;
    }

    function say(uint8 level_) external {
        level = level_;
    }
}

contract PoliciesTest is GatewayTest {
    function test_anyone_registers_and_ids_count_up() public {
        Policy memory policy = policyOf(address(verifier), 3);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.PolicyRegistered(2, policy);
        vm.prank(makeAddr("anyone"));
        assertEq(gateway.registerPolicy(policy), 2);
        assertEq(gateway.policyCount(), 2);
        assertEq(abi.encode(gateway.policyOf(2)), abi.encode(policy));
        assertEq(abi.encode(gateway.policyOf(1)), abi.encode(policyOf(address(verifier), 2)), "the first is untouched");
    }

    function test_refuses_unusable_policies() public {
        Policy memory policy = policyOf(makeAddr("no code"), 1);
        expectInvalid(policy);
        expectInvalid(policyOf(address(verifier), 0));
        policy = policyOf(address(verifier), 1);
        policy.verifyGas = 0;
        expectInvalid(policy);
        policy.verifyGas = gateway.MAX_VERIFY_GAS() + 1;
        expectInvalid(policy);
        policy = policyOf(address(verifier), 1);
        policy.minTtl = uint32(gateway.MAX_TTL()) + 1;
        expectInvalid(policy);
        policy = policyOf(address(verifier), 1);
        policy.window = gateway.MAX_WINDOW() + 1;
        expectInvalid(policy);
        policy = policyOf(address(verifier), 1);
        policy.setId = uint32(type(uint24).max) + 1;
        expectInvalid(policy);
        assertEq(gateway.policyCount(), 1);
    }

    /// @dev Or whoever registers that set later owns the policy.
    function test_refuses_a_policy_whose_set_does_not_exist_yet() public {
        Policy memory policy = policyOf(address(verifier), 1);
        policy.setId = setId + 1;
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.UnknownSet.selector, setId + 1, setId));
        gateway.registerPolicy(policy);
        policy.setId = 0;
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.UnknownSet.selector, 0, setId));
        gateway.registerPolicy(policy);
    }

    function test_refuses_a_policy_its_verifier_refuses() public {
        Policy memory policy = policyOf(address(new RefusingVerifier()), 1);
        vm.expectRevert("not under this policy");
        gateway.registerPolicy(policy);
        assertEq(gateway.policyCount(), 1);
    }

    function test_limits_themselves_are_allowed() public {
        Policy memory policy = policyOf(address(verifier), uint8(verifier.MAX_SIGNATURES()));
        policy.verifyGas = gateway.MAX_VERIFY_GAS();
        policy.minTtl = uint32(gateway.MAX_TTL());
        policy.window = gateway.MAX_WINDOW();
        uint32 id = gateway.registerPolicy(policy);
        assertEq(abi.encode(gateway.policyOf(id)), abi.encode(policy));
        policy.verifier = address(new ToldLevel(1));
        (policy.k, policy.verifyGas, policy.minTtl, policy.window) = (1, 1, 0, 0);
        id = gateway.registerPolicy(policy);
        assertEq(abi.encode(gateway.policyOf(id)), abi.encode(policy));
    }

    /// @dev Verifiers are written for what they may take.
    function test_limits_are_these() public view {
        assertEq(gateway.MAX_VERIFY_GAS(), 3_000_000);
        assertEq(gateway.MAX_TTL(), 7 days);
        assertEq(gateway.MAX_WINDOW(), 30 days);
    }

    function test_the_highest_set_is_kept_whole() public {
        Policy memory policy = policyOf(address(new ToldLevel(1)), 1);
        policy.setId = type(uint24).max;
        uint32 id = gateway.registerPolicy(policy);
        assertEq(abi.encode(gateway.policyOf(id)), abi.encode(policy));
    }

    function test_the_level_is_asked_once_and_kept() public {
        ToldLevel told = new ToldLevel(4);
        uint32 id = gateway.registerPolicy(policyOf(address(told), 1));
        told.say(1);
        assertEq(gateway.levelOf(id), 4);
        assertEq(gateway.levelOf(1), 1);
        told.say(0);
        expectInvalid(policyOf(address(told), 1));
        Policy memory mute = policyOf(address(sets), 1);
        vm.expectRevert();
        gateway.registerPolicy(mute);
    }

    function test_unknown_policies_are_named() public {
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownPolicy.selector, 0, 1));
        gateway.policyOf(0);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownPolicy.selector, 2, 1));
        gateway.policyOf(2);
    }

    /// @dev What makes the workers of an open request fixed: who is announced after it was made cannot vote before it
    /// closes.
    function test_no_request_outlives_the_announcement_of_a_worker() public view {
        assertGt(sets.ADDITION_DELAY(), gateway.MAX_TTL());
    }

    /// @dev The last second of the longest request is the nearest the two come.
    function test_a_worker_announced_after_a_request_never_votes_on_it() public {
        Terms memory it = terms();
        it.deadline = uint40(block.timestamp) + gateway.MAX_TTL();
        bytes32 id = open(it);
        vm.prank(owner);
        sets.addMember(setId, vm.addr(4), makeAddr("operator of the late"));
        vm.warp(it.deadline);
        Item memory item = answer(it, 1, OUTPUT, 1);
        // Its address is below the first worker's.
        item.proof = bytes.concat(hex"02", vote(item, 4, payeeAt(2)), vote(item, workerSecret(0), payeeAt(0)));
        bytes memory reason = abi.encodeWithSelector(AttestedVerifier.NotInSet.selector, setId, vm.addr(4));
        expectRejected(item, id, Rejection.ProofRejected, reason);
    }

    function expectInvalid(Policy memory policy) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.InvalidPolicy.selector, policy));
        gateway.registerPolicy(policy);
    }
}
