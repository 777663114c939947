// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Test} from "forge-std/Test.sol";
import {IWorkerRegistry} from "../src/interfaces/IWorkerRegistry.sol";

string constant WORKER_REGISTRY = "out/WorkerRegistry.sol/WorkerRegistry.json";

contract WorkerRegistryTest is Test {
    uint128 internal constant MIN = 10 ether;
    uint40 internal constant UNBONDING = 14 days;
    uint40 internal constant JAIL = 2 days;
    uint256 internal constant SECRET = 0xC0FFEE;
    bytes32 internal constant EVIDENCE = keccak256("two answers to one request");

    address internal owner = makeAddr("owner");
    address internal guardian = makeAddr("guardian");
    address internal slasher = makeAddr("slasher");
    address internal recipient = makeAddr("recipient");
    address internal operator = makeAddr("operator");
    address internal another = makeAddr("another operator");
    address internal key = vm.addr(SECRET);
    IWorkerRegistry internal registry;

    function setUp() public virtual {
        vm.warp(1_900_000_000);
        registry = deploy(UNBONDING, JAIL);
        vm.startPrank(owner);
        registry.setGuardian(guardian);
        registry.setSlasher(slasher);
        vm.stopPrank();
        deal(operator, 1_000 ether);
        deal(another, 1_000 ether);
        vm.startPrank(operator);
    }

    function deploy(uint40 unbonding, uint40 jail) internal returns (IWorkerRegistry) {
        return IWorkerRegistry(deployCode(WORKER_REGISTRY, abi.encode(owner, recipient, MIN, unbonding, jail)));
    }

    function test_deployment_fixes_times_and_recipient() public view {
        assertEq(registry.UNBONDING_TIME(), UNBONDING);
        assertEq(registry.JAIL_TIME(), JAIL);
        assertEq(registry.RECIPIENT(), recipient);
        assertEq(registry.minStake(), MIN);
        assertEq(registry.guardian(), guardian);
        assertEq(registry.slasher(), slasher);
    }

    function test_deployment_refuses_what_cannot_work() public {
        uint40 longest = registry.MAX_DELAY();
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.InvalidDelay.selector, longest, 0));
        this.deployWith(recipient, MIN, 0, JAIL);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.InvalidDelay.selector, longest, longest + 1));
        this.deployWith(recipient, MIN, UNBONDING, longest + 1);
        vm.expectRevert(IWorkerRegistry.ZeroAddress.selector);
        this.deployWith(address(0), MIN, UNBONDING, JAIL);
        vm.expectRevert(IWorkerRegistry.ZeroAmount.selector);
        this.deployWith(recipient, 0, UNBONDING, JAIL);
    }

    function test_registers_with_the_minimum() public {
        expectEmit();
        emit IWorkerRegistry.OperatorRegistered(operator);
        expectEmit();
        emit IWorkerRegistry.StakeChanged(operator, MIN, 0, 0);
        registry.register{value: MIN}();
        assertTrue(registry.isActive(operator));
        assertFalse(registry.isActive(another));
    }

    function test_refuses_to_register_below_the_minimum_or_twice() public {
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.StakeTooLow.selector, MIN, MIN - 1));
        registry.register{value: MIN - 1}();
        registry.register{value: MIN}();
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.AlreadyOperator.selector, operator));
        registry.register{value: MIN}();
    }

    function test_only_operators_do_what_operators_do() public {
        bytes memory refusal = abi.encodeWithSelector(IWorkerRegistry.NotOperator.selector, operator);
        vm.expectRevert(refusal);
        registry.addStake{value: 1}();
        vm.expectRevert(refusal);
        registry.unbond(1);
        vm.expectRevert(refusal);
        registry.withdraw(operator);
        vm.expectRevert(refusal);
        registry.addWorker(key, "");
        vm.expectRevert(refusal);
        registry.serve(models(1));
        vm.expectRevert(refusal);
        registry.unjail();
        vm.startPrank(guardian);
        vm.expectRevert(refusal);
        registry.jail(operator, 0);
        vm.startPrank(slasher);
        vm.expectRevert(refusal);
        registry.slash(operator, 1, EVIDENCE);
    }

    function test_unbonding_waits_and_pays_where_told() public {
        registry.register{value: MIN}();
        registry.addStake{value: 5 ether}();
        uint40 releaseAt = uint40(block.timestamp) + UNBONDING;
        expectEmit();
        emit IWorkerRegistry.StakeChanged(operator, MIN, 5 ether, releaseAt);
        registry.unbond(5 ether);
        assertTrue(registry.isActive(operator), "the minimum is still there");
        vm.warp(releaseAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.StillUnbonding.selector, releaseAt, releaseAt - 1));
        registry.withdraw(another);
        vm.warp(releaseAt);
        expectEmit();
        emit IWorkerRegistry.Withdrawn(operator, another, 5 ether);
        assertEq(registry.withdraw(another), 5 ether);
        assertEq(another.balance, 1_005 ether);
        vm.expectRevert(IWorkerRegistry.NothingThere.selector);
        registry.withdraw(another);
    }

    function test_more_unbonding_makes_all_of_it_wait_again() public {
        registry.register{value: MIN}();
        registry.unbond(1 ether);
        assertFalse(registry.isActive(operator), "below the minimum");
        vm.warp(block.timestamp + UNBONDING);
        registry.unbond(1 ether);
        uint40 releaseAt = uint40(block.timestamp) + UNBONDING;
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.StillUnbonding.selector, releaseAt, block.timestamp));
        registry.withdraw(operator);
    }

    function test_refuses_amounts_that_are_not_there() public {
        registry.register{value: MIN}();
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.StakeExceeded.selector, MIN, MIN + 1));
        registry.unbond(MIN + 1);
        vm.expectRevert(IWorkerRegistry.ZeroAmount.selector);
        registry.unbond(0);
        vm.expectRevert(IWorkerRegistry.ZeroAmount.selector);
        registry.addStake();
        vm.expectRevert(IWorkerRegistry.ZeroAddress.selector);
        registry.withdraw(address(0));
    }

    function test_a_recipient_that_refuses_loses_nothing() public {
        registry.register{value: MIN}();
        registry.unbond(MIN);
        vm.warp(block.timestamp + UNBONDING);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.PaymentFailed.selector, address(registry), MIN));
        registry.withdraw(address(registry));
        assertEq(registry.withdraw(operator), MIN);
    }

    function test_a_worker_joins_with_its_keys_consent() public {
        registry.register{value: MIN}();
        bytes memory consent = sign(operator);
        expectEmit();
        emit IWorkerRegistry.WorkerAdded(operator, key);
        registry.addWorker(key, consent);
        assertEq(registry.operatorOf(key), operator);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.KeyTaken.selector, key, operator));
        registry.addWorker(key, consent);
    }

    function test_nobody_takes_a_key_that_did_not_consent() public {
        registry.register{value: MIN}();
        bytes memory refusal = abi.encodeWithSelector(IWorkerRegistry.NotConsent.selector, key);
        bytes memory foreign = sign(another);
        vm.expectRevert(refusal);
        registry.addWorker(key, foreign);
        vm.expectRevert(refusal);
        registry.addWorker(key, "");
        bytes memory own = sign(operator);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.NotConsent.selector, address(0)));
        registry.addWorker(address(0), own);
    }

    function test_a_key_that_left_comes_back_only_with_new_consent() public {
        registry.register{value: MIN}();
        bytes memory consent = sign(operator);
        registry.addWorker(key, consent);
        vm.startPrank(key);
        expectEmit();
        emit IWorkerRegistry.WorkerRemoved(operator, key);
        registry.removeWorker(operator, key);
        assertEq(registry.operatorOf(key), address(0));
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.NotConsent.selector, key));
        registry.addWorker(key, consent);
        registry.addWorker(key, sign(operator));
        registry.removeWorker(operator, key);
        assertEq(registry.operatorOf(key), address(0));
    }

    function test_only_operator_and_key_remove_it() public {
        registry.register{value: MIN}();
        registry.addWorker(key, sign(operator));
        bytes memory refusal = abi.encodeWithSelector(IWorkerRegistry.NotWorker.selector, operator, key);
        vm.startPrank(another);
        vm.expectRevert(refusal);
        registry.removeWorker(operator, key);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.NotWorker.selector, another, key));
        registry.removeWorker(another, key);
        vm.startPrank(address(0));
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.NotWorker.selector, address(0), another));
        registry.removeWorker(address(0), another);
    }

    function test_models_are_served_and_dropped() public {
        registry.register{value: MIN}();
        bytes32[] memory some = models(2);
        expectEmit();
        emit IWorkerRegistry.ModelServed(operator, some[0]);
        expectEmit();
        emit IWorkerRegistry.ModelServed(operator, some[1]);
        registry.serve(some);
        assertTrue(registry.isServedBy(some[1], operator));
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.AlreadyServed.selector, some[0]));
        registry.serve(some);
        expectEmit();
        emit IWorkerRegistry.ModelDropped(operator, some[0]);
        registry.drop(models(1));
        assertFalse(registry.isServedBy(some[0], operator));
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.NotServed.selector, some[0]));
        registry.drop(some);
        registry.unbond(1);
        assertFalse(registry.isServedBy(some[1], operator), "not with too little at stake");
    }

    function test_jail_ends_by_time_and_the_operators_own_call() public {
        registry.register{value: MIN}();
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.NotJailed.selector, operator));
        registry.unjail();
        uint40 until = uint40(block.timestamp) + JAIL;
        vm.startPrank(guardian);
        expectEmit();
        emit IWorkerRegistry.Jailed(operator, until, "silent");
        registry.jail(operator, "silent");
        assertFalse(registry.isActive(operator));
        vm.startPrank(operator);
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.StillJailed.selector, until, until - 1));
        registry.unjail();
        vm.warp(until);
        assertFalse(registry.isActive(operator), "not by time alone");
        expectEmit();
        emit IWorkerRegistry.Unjailed(operator);
        registry.unjail();
        assertTrue(registry.isActive(operator));
    }

    function test_no_way_out_of_jail_without_the_stake_but_the_stake_gets_out() public {
        registry.register{value: MIN}();
        registry.unbond(1 ether);
        vm.startPrank(guardian);
        registry.jail(operator, "silent");
        vm.startPrank(operator);
        vm.warp(block.timestamp + UNBONDING);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.StakeTooLow.selector, MIN, MIN - 1 ether));
        registry.unjail();
        assertEq(registry.withdraw(operator), 1 ether, "jail holds nothing back");
    }

    function test_slashing_takes_stake_first_then_what_unbonds() public {
        registry.register{value: MIN}();
        registry.unbond(6 ether);
        vm.startPrank(slasher);
        expectEmit();
        emit IWorkerRegistry.Slashed(operator, 5 ether, EVIDENCE);
        expectEmit();
        emit IWorkerRegistry.StakeChanged(operator, 0, 5 ether, uint40(block.timestamp) + UNBONDING);
        assertEq(registry.slash(operator, 5 ether, EVIDENCE), 5 ether);
        assertEq(registry.slash(operator, type(uint256).max, "another"), 5 ether, "capped by what is there");
        vm.expectRevert(IWorkerRegistry.NothingThere.selector);
        registry.slash(operator, 1, "yet another");
        assertEq(registry.slashedUnpaid(), MIN);
        expectEmit();
        emit IWorkerRegistry.SlashedPaid(recipient, MIN);
        registry.paySlashed();
        assertEq(recipient.balance, MIN);
        vm.expectRevert(IWorkerRegistry.NothingThere.selector);
        registry.paySlashed();
    }

    function test_slashing_needs_new_evidence_and_an_amount() public {
        registry.register{value: MIN}();
        vm.startPrank(slasher);
        vm.expectRevert(IWorkerRegistry.NoEvidence.selector);
        registry.slash(operator, 1, 0);
        vm.expectRevert(IWorkerRegistry.ZeroAmount.selector);
        registry.slash(operator, 0, EVIDENCE);
        registry.slash(operator, 1, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.EvidenceUsed.selector, EVIDENCE));
        registry.slash(operator, 1, EVIDENCE);
    }

    function test_a_recipient_that_refuses_can_be_paid_later() public {
        registry.register{value: MIN}();
        vm.startPrank(slasher);
        registry.slash(operator, 1, EVIDENCE);
        vm.etch(recipient, hex"5f5ffd");
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.PaymentFailed.selector, recipient, 1));
        registry.paySlashed();
        vm.etch(recipient, "");
        assertEq(registry.paySlashed(), 1);
    }

    function test_roles_do_only_what_is_theirs() public {
        registry.register{value: MIN}();
        address[4] memory wrong = [owner, operator, recipient, slasher];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.startPrank(wrong[i]);
            vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.NotGuardian.selector, wrong[i]));
            registry.jail(operator, 0);
        }
        wrong[3] = guardian;
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.startPrank(wrong[i]);
            vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.NotSlasher.selector, wrong[i]));
            registry.slash(operator, 1, EVIDENCE);
        }
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, guardian);
        vm.expectRevert(refusal);
        registry.setMinStake(1);
        vm.expectRevert(refusal);
        registry.setGuardian(guardian);
        vm.expectRevert(refusal);
        registry.setSlasher(guardian);
    }

    function test_the_owner_names_roles_and_minimum() public {
        registry.register{value: MIN}();
        vm.startPrank(owner);
        expectEmit();
        emit IWorkerRegistry.MinStakeSet(MIN + 1);
        registry.setMinStake(MIN + 1);
        assertFalse(registry.isActive(operator));
        vm.expectRevert(IWorkerRegistry.ZeroAmount.selector);
        registry.setMinStake(0);
        expectEmit();
        emit IWorkerRegistry.GuardianSet(another);
        registry.setGuardian(another);
        expectEmit();
        emit IWorkerRegistry.SlasherSet(another);
        registry.setSlasher(another);
        Ownable2Step(address(registry)).transferOwnership(another);
        assertEq(Ownable(address(registry)).owner(), owner, "in two steps");
        vm.startPrank(another);
        Ownable2Step(address(registry)).acceptOwnership();
        assertEq(Ownable(address(registry)).owner(), another);
    }

    /// @dev The same life on a chain in seconds, on one in milliseconds, and on one that changes from one to the other.
    function testFuzz_every_clock_keeps_the_same_times(uint32 start, bool ms, bool msLater) public {
        uint256 second = bound(start, 1_600_000_000, type(uint32).max);
        warp(second, ms);
        assertEq(registry.nowAt(), second);
        registry.register{value: MIN}();
        registry.unbond(1 ether);
        vm.startPrank(guardian);
        registry.jail(operator, 0);
        vm.startPrank(operator);
        warp(second + JAIL - 1, msLater);
        vm.expectRevert(abi.encodeWithSelector(IWorkerRegistry.StillJailed.selector, second + JAIL, second + JAIL - 1));
        registry.unjail();
        warp(second + UNBONDING - 1, msLater);
        vm.expectRevert(
            abi.encodeWithSelector(IWorkerRegistry.StillUnbonding.selector, second + UNBONDING, second + UNBONDING - 1)
        );
        registry.withdraw(operator);
        warp(second + UNBONDING, msLater);
        registry.withdraw(operator);
        registry.addStake{value: 1 ether}();
        registry.unjail();
        assertTrue(registry.isActive(operator));
    }

    function testFuzz_no_slash_takes_more_than_one_operators_stake(uint96 mine, uint96 out, uint256 amount) public {
        mine = uint96(bound(mine, MIN, 900 ether));
        out = uint96(bound(out, 1, mine));
        amount = bound(amount, 1, type(uint256).max);
        registry.register{value: mine}();
        registry.unbond(out);
        vm.startPrank(another);
        registry.register{value: MIN}();
        vm.startPrank(slasher);
        uint256 taken = registry.slash(operator, amount, EVIDENCE);
        assertEq(taken, amount < mine ? amount : mine);
        IWorkerRegistry.Operator memory left = registry.operatorAt(operator);
        assertEq(uint256(left.stake) + left.unbonding, mine - taken);
        assertEq(registry.operatorAt(another).stake, MIN);
    }

    function deployWith(address recipient_, uint128 min, uint40 unbonding, uint40 jail) external {
        // With `new`'s own revert data: `deployCode` replaces it.
        bytes memory code =
            bytes.concat(vm.getCode(WORKER_REGISTRY), abi.encode(owner, recipient_, min, unbonding, jail));
        assembly ("memory-safe") {
            if iszero(create(0, add(code, 0x20), mload(code))) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    function warp(uint256 second, bool ms) internal {
        vm.warp(ms ? second * 1_000 + 999 : second);
    }

    function sign(address operator_) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SECRET, registry.consentDigest(operator_, key));
        return abi.encodePacked(r, s, v);
    }

    function models(uint256 count) internal pure returns (bytes32[] memory some) {
        some = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            some[i] = keccak256(abi.encode("model", i));
        }
    }

    function expectEmit() private {
        vm.expectEmit(address(registry));
    }
}
