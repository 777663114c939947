// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Test} from "forge-std/Test.sol";
import {ResultHub} from "../src/ResultHub.sol";
import {IResultHub} from "../src/interfaces/IResultHub.sol";
import {RESULT_HUB} from "./support/Artifacts.sol";
import {Encoder} from "./support/Encoder.sol";
import {MailboxDouble} from "./support/MailboxDouble.sol";

/// @notice Publishes, and takes back nothing.
contract StubbornPublisher {
    function publish(
        ResultHub hub,
        uint32 destination,
        bytes32[] calldata ids,
        bytes[] calldata items
    )
        external
        payable
    {
        hub.publish{value: msg.value}(destination, ids, items, 0, "");
    }
}

/// @notice Publishes once more with what it is given back.
contract ReentrantPublisher {
    bytes private _call;

    function publish(ResultHub hub, bytes calldata call) external payable {
        _call = call;
        _publish(hub);
    }

    receive() external payable {
        bool again = _call.length > 0;
        if (again) _publish(ResultHub(msg.sender));
    }

    function _publish(ResultHub hub) private {
        bytes memory call = _call;
        if (address(hub) == msg.sender) delete _call;
        (bool published,) = address(hub).call{value: msg.value}(call);
        require(published);
    }
}

contract ResultHubTest is Test {
    uint32 private constant ORIGIN = 31101;
    bytes32 private constant GATEWAY = bytes32(uint256(0x6A7E));
    uint32 private constant CAP = 12_000_000;

    address private owner = makeAddr("owner");
    address private publisher = makeAddr("publisher");
    MailboxDouble private mailbox;
    ResultHub private hub;
    bytes32[] private ids;
    bytes[] private items;

    function setUp() public {
        mailbox = new MailboxDouble();
        mailbox.setFee(1 ether);
        hub = ResultHub(deployCode(RESULT_HUB, abi.encode(mailbox, owner)));
        vm.startPrank(owner);
        hub.setPublisher(publisher, true);
        hub.setGateway(ORIGIN, GATEWAY, CAP);
        vm.stopPrank();
        deal(publisher, 100 ether);
        ids.push(keccak256("a"));
        ids.push(keccak256("b"));
        items.push("first item");
        items.push("second");
    }

    function test_dispatches_all_items_as_one_message() public {
        bytes memory body = Encoder.body(items);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(hub));
            emit IResultHub.ResultPublished(ids[i], keccak256(body), ORIGIN, publisher);
        }
        bytes32 messageId = publish(700_000);
        assertEq(messageId, keccak256(body));
        assertEq(mailbox.destination(), ORIGIN);
        assertEq(mailbox.recipient(), GATEWAY);
        assertEq(mailbox.body(), body);
        assertEq(mailbox.received(), hub.quotePublish(ORIGIN, items, 700_000, ""));
        // variant 1 | no value | gas limit | whom the hooks pay back
        assertEq(mailbox.metadata(), abi.encodePacked(uint16(1), uint256(0), uint256(700_000), publisher));
        assertEq(address(hub).balance, 0);
    }

    function test_publishing_again_is_allowed() public {
        publish(700_000);
        publish(12_000_000);
    }

    function test_refuses_who_is_not_or_no_longer_enrolled() public {
        vm.expectRevert(abi.encodeWithSelector(IResultHub.NotPublisher.selector, address(this)));
        hub.publish(ORIGIN, ids, items, 0, "");
        vm.prank(owner);
        hub.setPublisher(publisher, false);
        vm.prank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.NotPublisher.selector, publisher));
        hub.publish(ORIGIN, ids, items, 0, "");
    }

    function test_the_guardian_revokes_a_publisher_at_once_and_can_do_nothing_else() public {
        address guardian = makeAddr("guardian");
        vm.prank(owner);
        vm.expectEmit(address(hub));
        emit IResultHub.GuardianSet(guardian);
        hub.setGuardian(guardian);
        assertEq(hub.guardian(), guardian);
        vm.startPrank(guardian);
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, guardian);
        vm.expectRevert(refusal);
        hub.setPublisher(guardian, true);
        vm.expectRevert(refusal);
        hub.setGuardian(publisher);
        vm.expectRevert(refusal);
        hub.setGateway(ORIGIN, 0, 0);
        vm.expectEmit(address(hub));
        emit IResultHub.PublisherSet(publisher, false);
        hub.revokePublisher(publisher);
        vm.stopPrank();
        vm.prank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.NotPublisher.selector, publisher));
        hub.publish(ORIGIN, ids, items, 0, "");
    }

    function test_only_guardian_and_owner_revoke() public {
        vm.prank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.NotGuardian.selector, publisher));
        hub.revokePublisher(publisher);
        vm.prank(owner);
        hub.revokePublisher(publisher);
        assertFalse(hub.isPublisher(publisher));
    }

    function test_refuses_unknown_and_closed_lanes() public {
        bytes memory refusal = abi.encodeWithSelector(IResultHub.UnknownDestination.selector, 7);
        vm.prank(publisher);
        vm.expectRevert(refusal);
        hub.publish(7, ids, items, 0, "");
        vm.expectRevert(refusal);
        hub.quotePublish(7, items, 0, "");
        vm.prank(owner);
        hub.setGateway(ORIGIN, 0, 0);
        vm.prank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.UnknownDestination.selector, ORIGIN));
        hub.publish(ORIGIN, ids, items, 0, "");
    }

    function test_refuses_empty_and_oversized_batches() public {
        vm.startPrank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.BatchSize.selector, 0));
        hub.publish(ORIGIN, new bytes32[](0), new bytes[](0), 0, "");
        bytes[] memory many = new bytes[](65_536);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.BatchSize.selector, 65_536));
        hub.quotePublish(ORIGIN, many, 0, "");
    }

    function test_refuses_ids_that_do_not_go_with_the_items() public {
        vm.prank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.LengthMismatch.selector, 1, 2));
        hub.publish(ORIGIN, new bytes32[](1), items, 0, "");
    }

    function test_each_lane_has_its_own_cap_on_promised_gas() public {
        vm.startPrank(owner);
        hub.setGateway(8, GATEWAY, 1_000_000);
        vm.stopPrank();
        for (uint256 i = 0; i < 2; ++i) {
            (uint32 lane, uint256 cap) = i == 0 ? (ORIGIN, uint256(CAP)) : (8, 1_000_000);
            bytes memory refusal = abi.encodeWithSelector(IResultHub.GasTooHigh.selector, cap, cap + 1);
            vm.prank(publisher);
            vm.expectRevert(refusal);
            hub.publish(lane, ids, items, cap + 1, "");
            vm.expectRevert(refusal);
            hub.quotePublish(lane, items, cap + 1, "");
            uint256 fee = hub.quotePublish(lane, items, cap, "");
            vm.prank(publisher);
            hub.publish{value: fee}(lane, ids, items, cap, "");
        }
    }

    function test_a_cap_that_is_lowered_counts_at_once() public {
        publish(CAP);
        vm.prank(owner);
        hub.setGateway(ORIGIN, GATEWAY, 500_000);
        vm.prank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.GasTooHigh.selector, 500_000, CAP));
        hub.publish(ORIGIN, ids, items, CAP, "");
        publish(500_000);
    }

    function test_a_lane_is_open_with_a_cap_that_can_be_delivered_or_closed() public {
        uint256 most = hub.MAX_LANE_GAS();
        assertEq(most, 16_777_216);
        vm.startPrank(owner);
        hub.setGateway(9, GATEWAY, uint32(most));
        assertEq(hub.maxGasOf(9), most);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.InvalidLane.selector, GATEWAY, most, most + 1));
        hub.setGateway(9, GATEWAY, uint32(most) + 1);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.InvalidLane.selector, GATEWAY, most, 0));
        hub.setGateway(9, GATEWAY, 0);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.InvalidLane.selector, bytes32(0), most, 1));
        hub.setGateway(9, 0, 1);
        hub.setGateway(9, 0, 0);
        assertEq(hub.gatewayOf(9), 0);
        assertEq(hub.maxGasOf(9), 0);
    }

    function test_refuses_less_than_the_quote() public {
        uint256 fee = hub.quotePublish(ORIGIN, items, 0, "");
        vm.prank(publisher);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.FeeTooLow.selector, fee, fee - 1));
        hub.publish{value: fee - 1}(ORIGIN, ids, items, 0, "");
    }

    function test_a_quote_that_falls_before_the_call_lands_is_given_back() public {
        uint256 quoted = hub.quotePublish(ORIGIN, items, 0, "");
        mailbox.setFee(0.25 ether);
        uint256 before = publisher.balance;
        vm.prank(publisher);
        hub.publish{value: quoted}(ORIGIN, ids, items, 0, "");
        assertEq(mailbox.received(), quoted - 0.75 ether);
        assertEq(before - publisher.balance, quoted - 0.75 ether);
        assertEq(address(hub).balance, 0);
    }

    function testFuzz_the_mailbox_gets_its_quote_and_the_publisher_the_rest(
        uint96 quote,
        uint96 surplus,
        uint32 gasLimit,
        bytes[] calldata items_
    )
        public
    {
        gasLimit = uint32(bound(gasLimit, 0, CAP));
        vm.assume(items_.length > 0);
        mailbox.setFee(quote);
        bytes32[] memory ids_ = new bytes32[](items_.length);
        uint256 fee = hub.quotePublish(ORIGIN, items_, gasLimit, "");
        deal(publisher, fee + surplus);
        vm.prank(publisher);
        hub.publish{value: fee + surplus}(ORIGIN, ids_, items_, gasLimit, "");
        assertEq(mailbox.received(), fee);
        assertEq(address(mailbox).balance, fee);
        assertEq(publisher.balance, surplus);
        assertEq(address(hub).balance, 0);
        assertEq(mailbox.body(), Encoder.body(items_));
        assertEq(mailbox.metadata(), abi.encodePacked(uint16(1), uint256(0), uint256(gasLimit), publisher));
    }

    function test_refuses_to_keep_what_its_publisher_does_not_take_back() public {
        StubbornPublisher stubborn = new StubbornPublisher();
        vm.prank(owner);
        hub.setPublisher(address(stubborn), true);
        uint256 fee = hub.quotePublish(ORIGIN, items, 0, "");
        deal(address(this), 2 * fee + 1);
        vm.expectRevert(abi.encodeWithSelector(IResultHub.RefundFailed.selector, stubborn, 1));
        stubborn.publish{value: fee + 1}(hub, ORIGIN, ids, items);
        stubborn.publish{value: fee}(hub, ORIGIN, ids, items);
        assertEq(mailbox.received(), fee);
    }

    function test_publishing_from_within_a_refund_is_just_publishing_again() public {
        ReentrantPublisher reentrant = new ReentrantPublisher();
        vm.prank(owner);
        hub.setPublisher(address(reentrant), true);
        uint256 fee = hub.quotePublish(ORIGIN, items, 0, "");
        deal(address(this), 2 * fee + 5);
        reentrant.publish{value: 2 * fee + 5}(hub, abi.encodeCall(ResultHub.publish, (ORIGIN, ids, items, 0, "")));
        assertEq(address(mailbox).balance, 2 * fee);
        assertEq(address(reentrant).balance, 5);
        assertEq(address(hub).balance, 0);
    }

    function testFuzz_hook_metadata_follows_the_standard_fields_and_is_quoted(bytes calldata more) public {
        bytes memory custom = bytes.concat(new bytes(20), more);
        uint256 fee = hub.quotePublish(ORIGIN, items, 700_000, custom);
        // The double charges by length.
        assertEq(fee, hub.quotePublish(ORIGIN, items, 700_000, "") + custom.length);
        vm.prank(publisher);
        hub.publish{value: fee}(ORIGIN, ids, items, 700_000, custom);
        assertEq(mailbox.received(), fee);
        assertEq(mailbox.metadata(), abi.encodePacked(uint16(1), uint256(0), uint256(700_000), publisher, custom));
    }

    function testFuzz_hook_metadata_cannot_name_a_fee_token(address token, bytes calldata more) public {
        vm.assume(token != address(0));
        bytes memory custom = bytes.concat(bytes20(token), more);
        bytes memory refusal = abi.encodeWithSelector(IResultHub.TokenFeeUnsupported.selector, token);
        vm.prank(publisher);
        vm.expectRevert(refusal);
        hub.publish(ORIGIN, ids, items, 0, custom);
        vm.expectRevert(refusal);
        hub.quotePublish(ORIGIN, items, 0, custom);
    }

    function test_only_the_owner_enrols() public {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, publisher);
        vm.startPrank(publisher);
        vm.expectRevert(refusal);
        hub.setPublisher(address(1), true);
        vm.expectRevert(refusal);
        hub.setGateway(ORIGIN, GATEWAY, CAP);
    }

    function test_enrolments_are_announced() public {
        vm.startPrank(owner);
        vm.expectEmit(address(hub));
        emit IResultHub.PublisherSet(address(1), true);
        hub.setPublisher(address(1), true);
        assertTrue(hub.isPublisher(address(1)));
        vm.expectEmit(address(hub));
        emit IResultHub.GatewaySet(9, GATEWAY, 7);
        hub.setGateway(9, GATEWAY, 7);
        assertEq(hub.gatewayOf(9), GATEWAY);
        assertEq(hub.maxGasOf(9), 7);
    }

    function publish(uint256 gasLimit) private returns (bytes32) {
        uint256 fee = hub.quotePublish(ORIGIN, items, gasLimit, "");
        vm.prank(publisher);
        return hub.publish{value: fee}(ORIGIN, ids, items, gasLimit, "");
    }
}
