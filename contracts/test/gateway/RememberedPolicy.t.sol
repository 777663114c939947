// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

/// @notice The gateway's slot remembers the last request's policy; nobody must be able to tell, but by the gas.
contract RememberedPolicyTest is GatewayTest {
    uint32 private slower;
    uint256 private salt;

    function setUp() public override {
        super.setUp();
        Policy memory policy = policyOf(address(verifier), 2);
        policy.minTtl = 500;
        slower = gateway.registerPolicy(policy);
    }

    function test_no_policy_is_policy_0() public {
        expectUnknown(0);
        ask(policyId, 600);
        expectUnknown(0);
        expectUnknown(slower + 1);
    }

    function testFuzz_each_request_keeps_to_its_own_policy(uint256 turns, uint40[8] memory ttls) public {
        for (uint256 i = 0; i < ttls.length; ++i) {
            bool slow = turns >> i & 1 == 1;
            uint40 least = slow ? 500 : 60;
            uint40 ttl = uint40(bound(ttls[i], 1, 1_000));
            Terms memory it = next(slow ? slower : policyId, ttl);
            if (ttl < least) {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        IInferenceGateway.DeadlineTooNear.selector, uint40(block.timestamp) + least, it.deadline
                    )
                );
            }
            vm.prank(asker);
            gateway.request{value: total(it)}(it, INPUT, "");
        }
    }

    function test_what_else_the_slot_holds_stays() public {
        ask(slower, 600);
        vm.startPrank(owner);
        gateway.setProtocolFee(type(uint96).max);
        gateway.pause();
        gateway.unpause();
        gateway.setProtocolFee(PROTOCOL_FEE);
        vm.stopPrank();
        ask(slower, 600);
        ask(policyId, 600);
        assertEq(gateway.requestCount(), 3);
        assertEq(gateway.protocolFee(), PROTOCOL_FEE);
        assertFalse(gateway.isPaused());
        assertFalse(gateway.isSunset());
        vm.prank(owner);
        gateway.sunset();
        assertTrue(gateway.isSunset());
        assertEq(gateway.requestCount(), 3);
    }

    function ask(uint32 policy, uint40 ttl) private {
        Terms memory it = next(policy, ttl);
        vm.prank(asker);
        gateway.request{value: total(it)}(it, INPUT, "");
    }

    function expectUnknown(uint32 policy) private {
        Terms memory it = next(policy, 600);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnknownPolicy.selector, policy, slower));
        vm.prank(asker);
        gateway.request{value: total(it)}(it, INPUT, "");
    }

    function next(uint32 policy, uint40 ttl) private returns (Terms memory it) {
        it = terms();
        it.salt = bytes32(++salt);
        it.policyId = policy;
        it.deadline = uint40(block.timestamp) + ttl;
    }
}
