// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Request} from "../../src/types/Request.sol";
import {PlainToken} from "../support/Tokens.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

contract BatchTest is GatewayTest {
    function test_all_are_opened_for_the_sum() public {
        bytes32[] memory ids = send(batch(3), 3 * TOTAL);
        assertEq(ids.length, 3);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(uint8(stateOf(ids[i])), uint8(RequestState.Open));
        }
        assertEq(gateway.requestCount(), 3);
        assertEq(address(gateway).balance, 3 * TOTAL);
    }

    function test_equal_terms_with_zero_salt_are_different_requests() public {
        Request[] memory all = batch(2);
        all[0].terms.salt = all[1].terms.salt = 0;
        bytes32[] memory ids = send(all, 2 * TOTAL);
        assertTrue(ids[0] != ids[1]);
    }

    function test_native_and_token_fees_may_be_mixed() public {
        PlainToken token = new PlainToken();
        vm.prank(owner);
        gateway.setFeeToken(address(token), true, 7);
        token.mint(asker, 1_000 ether);
        vm.prank(asker);
        token.approve(address(gateway), 1_000 ether);
        Request[] memory all = batch(2);
        (all[1].terms.feeToken, all[1].terms.protocolFee) = (address(token), 7);
        send(all, TOTAL);
        assertEq(address(gateway).balance, TOTAL);
        assertEq(token.balanceOf(address(gateway)), total(all[1].terms));
    }

    function test_one_refused_request_refuses_all() public {
        Request[] memory all = batch(3);
        all[2].terms.refundTo = address(0);
        vm.expectRevert(IInferenceGateway.ZeroAddress.selector);
        send(all, 3 * TOTAL);
        all = batch(3);
        all[2].terms.salt = all[0].terms.salt;
        bytes memory refusal =
            abi.encodeWithSelector(IInferenceGateway.RequestExists.selector, gateway.idOf(all[0].terms));
        vm.expectRevert(refusal);
        send(all, 3 * TOTAL);
        assertEq(gateway.requestCount(), 0);
        assertEq(address(gateway).balance, 0);
    }

    function test_refuses_any_value_but_the_sum() public {
        Request[] memory all = batch(2);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, 2 * TOTAL, TOTAL));
        send(all, TOTAL);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, 2 * TOTAL, 2 * TOTAL + 1));
        send(all, 2 * TOTAL + 1);
    }

    function test_refuses_requests_of_another_and_empty_batches() public {
        Request[] memory all = batch(2);
        all[1].terms.requester = refundee;
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotRequester.selector, refundee, asker));
        send(all, 2 * TOTAL);
        vm.expectRevert(IInferenceGateway.EmptyBatch.selector);
        send(new Request[](0), 0);
    }

    function send(Request[] memory all, uint256 value) private returns (bytes32[] memory) {
        vm.prank(asker);
        return gateway.requestBatch{value: value}(all);
    }

    function batch(uint256 count) private view returns (Request[] memory all) {
        all = new Request[](count);
        for (uint256 i = 0; i < count; ++i) {
            all[i] = Request(terms(), INPUT, "");
            all[i].terms.salt = bytes32(i + 1);
        }
    }
}
