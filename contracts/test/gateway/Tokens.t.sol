// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Encoder} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";
import {MailboxDouble} from "../support/MailboxDouble.sol";
import {FalseToken, HookToken, HookedAsker, InexactToken, NoReturnToken, PlainToken} from "../support/Tokens.sol";

contract TokensTest is GatewayTest {
    uint96 private constant TOKEN_FEE = 0.02 ether;

    function test_a_token_is_escrowed_split_and_claimed() public {
        PlainToken token = new PlainToken();
        Terms memory it = funded(token);
        open0(it);
        assertEq(token.balanceOf(address(gateway)), total(it));
        deliver(answer(it));
        assertEq(gateway.credits(address(token), payeeAt(0)), WORKER_FEE / 2 + 1);
        assertEq(gateway.credits(address(token), payeeAt(1)), WORKER_FEE / 2);
        assertEq(gateway.credits(address(token), treasury), TOKEN_FEE);
        vm.prank(relayer);
        assertEq(gateway.claim(address(token), refundee), RELAY_FEE);
        assertEq(token.balanceOf(refundee), RELAY_FEE);
        assertEq(credit(relayer), 0, "nothing native");
    }

    function test_tokens_that_return_nothing_work_both_ways() public {
        NoReturnToken token = new NoReturnToken();
        Terms memory it = funded(PlainToken(address(token)));
        open0(it);
        gatewayTopUp(it, 5);
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        gateway.claimFor(address(token), refundee);
        assertEq(token.balanceOf(refundee), total(it) + 5);
    }

    function test_the_requesters_allowance_pays_for_a_signed_request() public {
        PlainToken token = new PlainToken();
        Terms memory it = funded(token);
        it.requester = vm.addr(7);
        token.mint(it.requester, total(it));
        vm.prank(it.requester);
        token.approve(address(gateway), total(it));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(7, gateway.idOf(it));
        gateway.requestBySig(it, INPUT, "", abi.encodePacked(r, s, v));
        assertEq(token.balanceOf(it.requester), 0);
    }

    function test_refuses_tokens_that_move_less_or_more() public {
        for (uint256 i = 0; i < 2; ++i) {
            InexactToken token = new InexactToken(i == 1);
            Terms memory it = funded(token);
            uint256 due = total(it);
            uint256 received = i == 1 ? due + due / 100 : due - due / 100;
            bytes memory refusal =
                abi.encodeWithSelector(IInferenceGateway.InexactTransfer.selector, token, due, received);
            vm.prank(asker);
            vm.expectRevert(refusal);
            gateway.request(it, INPUT, "");
        }
    }

    function test_refuses_a_token_that_moves_nothing_even_where_one_unit_is_due() public {
        PlainToken token = new PlainToken();
        Terms memory it = funded(token);
        vm.prank(owner);
        gateway.setFeeToken(address(token), true, 0);
        (it.workerFee, it.relayFee, it.protocolFee) = (1, 0, 0);
        vm.mockCall(address(token), abi.encodeCall(token.transferFrom, (asker, address(gateway), 1)), abi.encode(true));
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.InexactTransfer.selector, token, 1, 0));
        gateway.request(it, INPUT, "");
    }

    function test_refuses_tokens_that_say_no_and_requesters_without_allowance() public {
        FalseToken no = new FalseToken();
        Terms memory it = funded(no);
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, no));
        gateway.request(it, INPUT, "");
        PlainToken token = new PlainToken();
        it = funded(token);
        vm.startPrank(asker);
        token.approve(address(gateway), 0);
        vm.expectRevert();
        gateway.request(it, INPUT, "");
    }

    function test_refuses_value_beside_a_token_and_another_protocol_fee() public {
        PlainToken token = new PlainToken();
        Terms memory it = funded(token);
        vm.startPrank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.WrongFee.selector, 0, 1));
        gateway.request{value: 1}(it, INPUT, "");
        it.protocolFee = PROTOCOL_FEE;
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.ProtocolFeeMismatch.selector, TOKEN_FEE, PROTOCOL_FEE));
        gateway.request(it, INPUT, "");
        it.protocolFee = TOKEN_FEE;
        it.consumer = address(token);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.ForbiddenConsumer.selector, token));
        gateway.request(it, INPUT, "");
    }

    function test_delisting_a_token_leaves_open_requests_alone() public {
        PlainToken token = new PlainToken();
        Terms memory it = funded(token);
        open0(it);
        vm.prank(owner);
        gateway.setFeeToken(address(token), false, 0);
        gatewayTopUp(it, 1);
        deliver(answer(it));
        gateway.claimFor(address(token), relayer);
        assertEq(token.balanceOf(relayer), RELAY_FEE + 1);
        it.salt = "again";
        vm.prank(asker);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnsupportedToken.selector, token));
        gateway.request(it, INPUT, "");
    }

    function test_quote_knows_the_fee_of_the_token() public {
        PlainToken token = new PlainToken();
        Terms memory it = funded(token);
        (uint256 due, uint96 fee,) = gateway.quote(it);
        assertEq(fee, TOKEN_FEE);
        assertEq(due, total(it));
    }

    function test_a_free_request_moves_no_token() public {
        FalseToken token = new FalseToken();
        Terms memory it = funded(token);
        vm.prank(owner);
        gateway.setFeeToken(address(token), true, 0);
        (it.workerFee, it.relayFee, it.protocolFee) = (0, 0, 0);
        open0(it);
    }

    /// @dev One payment counted for two requests would let the second take what others escrowed.
    function test_attack_reentrancy_from_the_token() public {
        HookToken token = new HookToken();
        Terms memory first = funded(token);
        HookedAsker attacker = new HookedAsker(gateway, token);
        token.mint(address(attacker), 100 ether);
        (first.requester, first.inputHash) = (address(attacker), keccak256(""));
        Terms memory next = abi.decode(abi.encode(first), (Terms));
        next.salt = "next";
        for (uint256 i = 0; i < 2; ++i) {
            token.hook(address(attacker), i == 1);
            vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            attacker.ask(first, next);
        }
        assertEq(gateway.requestCount(), 0);
    }

    /// @dev A request is open before it is paid, so a token that calls out could have it settled first, and what it is
    /// to pay claimed from what others escrowed.
    function test_attack_settling_before_the_token_has_moved() public {
        HookToken token = new HookToken();
        Terms memory it = funded(token);
        it.callbackGasLimit = 0;
        open0(it);
        uint256 escrowed = token.balanceOf(address(gateway));
        SettlingAsker attacker = new SettlingAsker();
        token.mint(address(attacker), 100 ether);
        it.requester = address(attacker);
        token.hook(address(attacker), false);
        bytes[] memory deeds = new bytes[](2);
        deeds[0] = abi.encodeCall(
            MailboxDouble.deliver,
            (IMessageRecipient(address(gateway)), HUB_DOMAIN, HUB, Encoder.body(Encoder.item(answer(it))))
        );
        deeds[1] = abi.encodeCall(IInferenceGateway.claimFor, (address(token), relayer));
        address[2] memory targets = [address(mailbox), address(gateway)];
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceGateway.InexactTransfer.selector, address(token), total(it), total(it) - RELAY_FEE
            )
        );
        attacker.ask(gateway, token, it, targets, deeds);
        // Without the claim it is no attack: the fee arrives, and is paid as any other.
        targets[1] = address(0);
        attacker.ask(gateway, token, it, targets, deeds);
        assertEq(token.balanceOf(address(gateway)), escrowed + total(it));
        assertEq(gateway.credits(address(token), relayer), RELAY_FEE);
    }

    function funded(PlainToken token) private returns (Terms memory it) {
        vm.prank(owner);
        gateway.setFeeToken(address(token), true, TOKEN_FEE);
        token.mint(asker, 100 ether);
        vm.prank(asker);
        token.approve(address(gateway), type(uint256).max);
        it = terms();
        (it.feeToken, it.protocolFee) = (address(token), TOKEN_FEE);
    }

    function open0(Terms memory it) private {
        vm.prank(asker);
        gateway.request(it, INPUT, "");
    }

    function gatewayTopUp(Terms memory it, uint96 amount) private {
        vm.prank(asker);
        gateway.topUp(it, amount);
    }
}

/// @notice Does what it was told while its fee is being moved.
contract SettlingAsker {
    address[2] private _targets;
    bytes[] private _deeds;

    function ask(
        IInferenceGateway gateway,
        PlainToken token,
        Terms calldata it,
        address[2] calldata targets,
        bytes[] memory deeds
    )
        external
    {
        (_targets, _deeds) = (targets, deeds);
        token.approve(address(gateway), type(uint256).max);
        gateway.request(it, "What is a blob?", "");
    }

    function onMove() external {
        for (uint256 i = 0; i < 2; ++i) {
            if (_targets[i] == address(0)) continue;
            (bool done,) = _targets[i].call(_deeds[i]);
            require(done, "told to");
        }
    }
}
