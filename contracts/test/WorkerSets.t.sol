// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {WorkerSets} from "../src/WorkerSets.sol";
import {IWorkerSets} from "../src/interfaces/IWorkerSets.sol";
import {WORKER_SETS} from "./support/Artifacts.sol";

contract WorkerSetsTest is Test {
    address private admin = makeAddr("admin");
    address private guardian = makeAddr("guardian");
    address private key = makeAddr("key");
    address private operator = makeAddr("operator");
    WorkerSets private sets;

    function setUp() public {
        vm.warp(1_900_000_000);
        sets = WorkerSets(deployCode(WORKER_SETS));
    }

    function test_first_members_vouch_at_once() public {
        vm.expectEmit(address(sets));
        emit IWorkerSets.SetRegistered(1, admin, guardian);
        vm.expectEmit(address(sets));
        emit IWorkerSets.MemberAdded(1, key, operator, uint40(block.timestamp));
        uint32 setId = register();
        assertEq(setId, 1);
        assertEq(sets.setCount(), 1);
        (address admin_, address guardian_) = sets.rolesOf(1);
        assertEq(admin_, admin);
        assertEq(guardian_, guardian);
        assertEq(sets.operatorOf(1, key), operator);
    }

    function test_sets_do_not_share_members() public {
        register();
        IWorkerSets.Worker[] memory workers = one(makeAddr("another key"), operator);
        assertEq(sets.registerSet(admin, guardian, workers), 2);
        assertEq(sets.operatorOf(2, key), address(0));
    }

    function test_an_added_member_waits() public {
        register();
        address another = makeAddr("another key");
        uint40 since = uint40(block.timestamp) + sets.ADDITION_DELAY();
        vm.expectEmit(address(sets));
        emit IWorkerSets.MemberAdded(1, another, operator, since);
        vm.prank(admin);
        sets.addMember(1, another, operator);
        vm.warp(since - 1);
        assertEq(sets.operatorOf(1, another), address(0));
        vm.warp(since);
        assertEq(sets.operatorOf(1, another), operator);
    }

    function test_removal_is_immediate_by_admin_or_guardian() public {
        register();
        address another = makeAddr("another key");
        vm.prank(admin);
        sets.addMember(1, another, operator);
        vm.expectEmit(address(sets));
        emit IWorkerSets.MemberRemoved(1, key, guardian);
        vm.prank(guardian);
        sets.removeMember(1, key);
        assertEq(sets.operatorOf(1, key), address(0));
        vm.prank(admin);
        sets.removeMember(1, another);
        vm.warp(block.timestamp + sets.ADDITION_DELAY());
        assertEq(sets.operatorOf(1, another), address(0), "removed before its first vote");
        assertEq(sets.memberOf(1, key).operator, operator, "the record stays");
        assertEq(sets.memberOf(1, key).until, 1_900_000_000);
    }

    function test_a_removed_key_never_comes_back() public {
        register();
        vm.startPrank(admin);
        sets.removeMember(1, key);
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.KeyUsedBefore.selector, 1, key));
        sets.addMember(1, key, operator);
    }

    function test_refuses_a_key_twice() public {
        IWorkerSets.Worker[] memory workers = new IWorkerSets.Worker[](2);
        workers[0] = workers[1] = IWorkerSets.Worker(key, operator);
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.KeyUsedBefore.selector, 1, key));
        sets.registerSet(admin, guardian, workers);
    }

    function test_refuses_zero_keys_operators_and_admins() public {
        IWorkerSets.Worker[] memory workers = one(address(0), operator);
        vm.expectRevert(IWorkerSets.ZeroAddress.selector);
        sets.registerSet(admin, guardian, workers);
        workers = one(key, address(0));
        vm.expectRevert(IWorkerSets.ZeroAddress.selector);
        sets.registerSet(admin, guardian, workers);
        workers = one(key, operator);
        vm.expectRevert(IWorkerSets.ZeroAddress.selector);
        sets.registerSet(address(0), guardian, workers);
    }

    function test_refuses_an_empty_set() public {
        vm.expectRevert(IWorkerSets.EmptySet.selector);
        sets.registerSet(admin, guardian, new IWorkerSets.Worker[](0));
    }

    function test_only_the_admin_adds() public {
        register();
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.NotSetAdmin.selector, 1, admin, guardian));
        sets.addMember(1, makeAddr("another key"), operator);
    }

    function test_only_admin_and_guardian_remove() public {
        register();
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.NotSetGuardian.selector, 1, address(this)));
        sets.removeMember(1, key);
    }

    function test_refuses_to_remove_who_is_no_member() public {
        register();
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.NotMember.selector, 1, operator));
        sets.removeMember(1, operator);
        sets.removeMember(1, key);
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.NotMember.selector, 1, key));
        sets.removeMember(1, key);
    }

    function test_unknown_sets_are_named() public {
        bytes memory refusal = abi.encodeWithSelector(IWorkerSets.UnknownSet.selector, 1, 0);
        vm.expectRevert(refusal);
        sets.addMember(1, key, operator);
        vm.expectRevert(refusal);
        sets.removeMember(1, key);
        vm.expectRevert(refusal);
        sets.rolesOf(1);
        register();
        vm.expectRevert(abi.encodeWithSelector(IWorkerSets.UnknownSet.selector, 0, 1));
        sets.rolesOf(0);
        assertEq(sets.operatorOf(0, key), address(0));
        assertEq(sets.operatorOf(1, address(0)), address(0));
    }

    function register() private returns (uint32) {
        return sets.registerSet(admin, guardian, one(key, operator));
    }

    function one(address key_, address operator_) private pure returns (IWorkerSets.Worker[] memory workers) {
        workers = new IWorkerSets.Worker[](1);
        workers[0] = IWorkerSets.Worker(key_, operator_);
    }
}
