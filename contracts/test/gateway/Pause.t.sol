// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Request} from "../../src/types/Request.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

contract PauseTest is GatewayTest {
    address private guard = makeAddr("guardian");

    function setUp() public override {
        super.setUp();
        vm.prank(owner);
        gateway.setGuardian(guard);
    }

    function test_pausing_stops_every_way_in() public {
        Terms memory it = terms();
        open(it);
        pause();
        bytes4 refusal = IInferenceGateway.IsPaused.selector;
        Terms memory next = terms();
        next.salt = "next";
        Request[] memory batch = new Request[](1);
        batch[0] = Request(next, INPUT, "");
        vm.startPrank(asker);
        vm.expectRevert(refusal);
        gateway.request{value: TOTAL}(next, INPUT, "");
        vm.expectRevert(refusal);
        gateway.requestBatch{value: TOTAL}(batch);
        vm.expectRevert(refusal);
        gateway.requestBySig{value: TOTAL}(next, INPUT, "", "");
        vm.expectRevert(refusal);
        gateway.topUp{value: 1}(it, 1);
    }

    function test_a_result_that_comes_while_paused_is_delivered_later() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        pause();
        vm.expectRevert(IInferenceGateway.IsPaused.selector);
        deliver(body);
        vm.prank(owner);
        gateway.unpause();
        assertFalse(gateway.isPaused());
        deliver(body);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
    }

    function test_attack_paused_forever() public {
        Terms memory it = terms();
        it.deadline = uint40(block.timestamp) + 1 days;
        open(it);
        Terms memory settled = terms();
        settled.salt = "settled";
        open(settled);
        deliver(answer(settled));
        pause();
        vm.prank(asker);
        gateway.cancel(it);
        vm.warp(block.timestamp + 1 hours + 1);
        gateway.expire(it);
        gateway.claimFor(address(0), refundee);
        vm.prank(relayer);
        gateway.claim(address(0), relayer);
        assertEq(refundee.balance, TOTAL);
        assertEq(relayer.balance, RELAY_FEE);
    }

    function test_guardian_and_owner_pause_and_only_the_owner_unpauses() public {
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.PauseSet(true, guard);
        pause();
        vm.prank(guard);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, guard));
        gateway.unpause();
        vm.startPrank(owner);
        gateway.unpause();
        gateway.pause();
        assertTrue(gateway.isPaused());
        vm.stopPrank();
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotGuardian.selector, asker));
        gateway.pause();
    }

    function test_the_sunset_refuses_new_requests_and_settles_open_ones() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.SunsetBegun();
        vm.prank(owner);
        gateway.sunset();
        assertTrue(gateway.isSunset());
        Terms memory next = terms();
        next.salt = "next";
        vm.prank(asker);
        vm.expectRevert(IInferenceGateway.IsSunset.selector);
        gateway.request{value: TOTAL}(next, INPUT, "");
        deal(address(this), 1);
        gateway.topUp{value: 1}(it, 1);
        deliver(answer(it));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
        vm.startPrank(owner);
        gateway.pause();
        gateway.unpause();
        assertTrue(gateway.isSunset(), "one way");
    }

    /// @dev Under a real timelock everything but the guardian's pause waits.
    function test_behind_a_timelock_everything_but_the_pause_is_slow() public {
        address[] memory who = new address[](1);
        who[0] = asker;
        TimelockController timelock = new TimelockController(2 days, who, who, address(0));
        vm.prank(owner);
        gateway.transferOwnership(address(timelock));
        vm.startPrank(asker);
        later(timelock, abi.encodeCall(gateway.acceptOwnership, ()));
        assertEq(gateway.owner(), address(timelock));
        later(timelock, abi.encodeCall(gateway.setHub, (7, HUB, true)));
        assertTrue(gateway.isHub(7, HUB));
        vm.stopPrank();
        pause();
        vm.startPrank(asker);
        later(timelock, abi.encodeCall(gateway.unpause, ()));
        assertFalse(gateway.isPaused());
    }

    /// @dev What a captured owner and guardian can do together to an open request: hold it up until its refund.
    function test_no_role_moves_escrow_or_changes_an_open_request() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        Item memory item = answer(it, 1, OUTPUT, 1);
        uint256 before = gateway.stateOf(id);
        vm.startPrank(owner);
        gateway.setHub(1, bytes32(uint256(1)), true);
        gateway.setProtocolFee(type(uint96).max);
        gateway.setProtocolFeeRecipient(owner);
        gateway.setFeeToken(address(sets), true, 1);
        gateway.registerPolicy(policyOf(address(verifier), 1));
        vm.expectRevert();
        gateway.cancel(it);
        vm.stopPrank();
        vm.prank(address(mailbox));
        gateway.handle(1, bytes32(uint256(1)), Encoder.body(Encoder.item(item)));
        assertEq(gateway.stateOf(id), before, "even an owner's own hub needs k signatures");
        assertEq(credit(owner), 0);
        assertEq(address(gateway).balance, TOTAL);
    }

    function test_nobody_else_may() public {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, guard);
        vm.startPrank(guard);
        vm.expectRevert(refusal);
        gateway.setGuardian(guard);
        vm.expectRevert(refusal);
        gateway.sunset();
        vm.expectRevert(refusal);
        gateway.setFeeToken(address(1), true, 0);
        vm.stopPrank();
        vm.prank(owner);
        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        gateway.setFeeToken(address(0), true, 0);
    }

    function pause() private {
        vm.prank(guard);
        gateway.pause();
    }

    function later(TimelockController timelock, bytes memory call) private {
        timelock.schedule(address(gateway), 0, call, 0, 0, 2 days);
        vm.expectRevert();
        timelock.execute(address(gateway), 0, call, 0, 0);
        vm.warp(block.timestamp + 2 days);
        timelock.execute(address(gateway), 0, call, 0, 0);
    }
}
