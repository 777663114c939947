// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {IWorkerRegistry} from "../src/interfaces/IWorkerRegistry.sol";
import {WORKER_REGISTRY} from "./WorkerRegistry.t.sol";

/// @notice Random lives of operators, beside a ledger of what went in and out.
contract WorkerRegistryInvariantsTest is Test {
    address[3] private operators = [address(0xA1), address(0xA2), address(0xA3)];
    address private recipient = makeAddr("recipient");
    IWorkerRegistry private registry;
    uint256 private paidIn;
    uint256 private slashed;
    uint256 private evidence;
    mapping(address operator => uint256) private withdrawn;
    mapping(address operator => uint256) private staked;
    mapping(address operator => uint256) private lost;

    function setUp() public {
        vm.warp(1_900_000_000);
        registry = IWorkerRegistry(
            deployCode(WORKER_REGISTRY, abi.encode(address(this), recipient, uint128(1), uint40(100), uint40(50)))
        );
        registry.setSlasher(address(this));
        registry.setGuardian(address(this));
        targetContract(address(this));
        bytes4[] memory deeds = new bytes4[](7);
        deeds[0] = this.stake.selector;
        deeds[1] = this.unbond.selector;
        deeds[2] = this.withdraw.selector;
        deeds[3] = this.slash.selector;
        deeds[4] = this.jail.selector;
        deeds[5] = this.paySlashed.selector;
        deeds[6] = this.wait.selector;
        targetSelector(FuzzSelector(address(this), deeds));
    }

    function stake(uint8 who, uint96 amount) external {
        address operator = operators[who % 3];
        uint256 value = bound(amount, 1, type(uint96).max);
        bool again = registry.operatorAt(operator).registered;
        hoax(operator, value);
        if (again) registry.addStake{value: value}();
        else registry.register{value: value}();
        paidIn += value;
        staked[operator] += value;
    }

    function unbond(uint8 who, uint96 amount) external {
        address operator = operators[who % 3];
        uint128 most = registry.operatorAt(operator).stake;
        if (most == 0) return;
        vm.prank(operator);
        registry.unbond(uint128(bound(amount, 1, most)));
    }

    function withdraw(uint8 who) external {
        address operator = operators[who % 3];
        IWorkerRegistry.Operator memory before = registry.operatorAt(operator);
        vm.prank(operator);
        try registry.withdraw(operator) returns (uint256 amount) {
            assertGe(registry.nowAt(), before.releaseAt, "never before its time");
            withdrawn[operator] += amount;
        } catch {
            assertTrue(before.unbonding == 0 || registry.nowAt() < before.releaseAt, "always after its time");
        }
    }

    function slash(uint8 who, uint96 amount) external {
        address operator = operators[who % 3];
        IWorkerRegistry.Operator memory before = registry.operatorAt(operator);
        if (uint256(before.stake) + before.unbonding == 0) return;
        uint256 taken = registry.slash(operator, bound(amount, 1, type(uint96).max), bytes32(++evidence));
        slashed += taken;
        lost[operator] += taken;
    }

    function jail(uint8 who) external {
        address operator = operators[who % 3];
        if (registry.operatorAt(operator).registered) registry.jail(operator, 0);
    }

    function paySlashed() external {
        if (registry.slashedUnpaid() > 0) registry.paySlashed();
    }

    /// @dev The clock also changes its unit: it never runs backwards by that.
    function wait(uint8 time, bool ms) external {
        uint256 second = registry.nowAt() + time;
        vm.warp(ms ? second * 1_000 : second);
    }

    function invariant_every_wei_is_at_stake_or_slashed() public view {
        uint256 held = registry.slashedUnpaid();
        uint256 out = recipient.balance;
        for (uint256 i = 0; i < 3; ++i) {
            IWorkerRegistry.Operator memory it = registry.operatorAt(operators[i]);
            held += uint256(it.stake) + it.unbonding;
            out += withdrawn[operators[i]];
        }
        assertEq(address(registry).balance, held, "what is held");
        assertEq(paidIn, held + out, "what came in");
        assertEq(slashed, registry.slashedUnpaid() + recipient.balance, "what was slashed");
    }

    function invariant_operators_have_only_their_own() public view {
        for (uint256 i = 0; i < 3; ++i) {
            IWorkerRegistry.Operator memory it = registry.operatorAt(operators[i]);
            uint256 left = uint256(it.stake) + it.unbonding + withdrawn[operators[i]] + lost[operators[i]];
            assertEq(left, staked[operators[i]]);
            assertEq(registry.isActive(operators[i]), it.registered && it.jailedUntil == 0 && it.stake >= 1);
        }
    }
}
