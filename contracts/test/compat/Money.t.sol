// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IInfernetCoordinator} from "../../src/compat/interfaces/IInfernetCoordinator.sol";
import {IInfernetWallet} from "../../src/compat/interfaces/IInfernetWallet.sol";
import {IInfernetWalletFactory} from "../../src/compat/interfaces/IInfernetWalletFactory.sol";
import {Route, Shape} from "../../src/compat/types/Route.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {HostileConsumer, PromptsModel} from "./support/InfernetConsumers.sol";
import {InfernetTest} from "./support/InfernetTest.sol";

contract SomeToken is ERC20("Some", "SOME") {
    constructor(address to) {
        _mint(to, 100);
    }
}

/// @notice Wallets, and what hostile consumers cannot do to others.
contract MoneyCompatTest is InfernetTest {
    PromptsModel private dapp;

    function setUp() public override {
        super.setUp();
        dapp = new PromptsModel(address(coordinator));
    }

    function test_anyone_makes_a_wallet_for_anyone() public {
        vm.expectEmit(true, true, false, false, address(factory));
        emit IInfernetWalletFactory.WalletCreated(address(this), keeper, address(0));
        address made = factory.createWallet(keeper);
        assertTrue(factory.isValidWallet(made));
        assertEq(Ownable(made).owner(), keeper);
        assertFalse(factory.isValidWallet(keeper));
    }

    function test_only_the_owner_approves_and_withdraws() public {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this));
        vm.expectRevert(refusal);
        wallet.approve(address(this), address(0), 1);
        vm.expectRevert(refusal);
        wallet.withdraw(address(0), 1);
        vm.expectRevert(IInfernetWallet.NotCoordinator.selector);
        wallet.cTransfer(address(dapp), address(0), address(this), 1);
        vm.startPrank(payer);
        vm.expectEmit(address(wallet));
        emit IInfernetWallet.Approval(keeper, address(0), 7);
        wallet.approve(keeper, address(0), 7);
        assertEq(wallet.allowance(keeper, address(0)), 7);
        vm.expectEmit(address(wallet));
        emit IInfernetWallet.Withdrawl(address(0), 40 ether);
        wallet.withdraw(address(0), 40 ether);
        assertEq(payer.balance, 40 ether);
        vm.expectRevert(IInfernetWallet.InsufficientFunds.selector);
        wallet.withdraw(address(0), 61 ether);
        SomeToken token = new SomeToken(address(wallet));
        wallet.withdraw(address(token), 100);
        assertEq(token.balanceOf(payer), 100);
    }

    function test_an_owner_that_takes_no_money_keeps_it_in_the_wallet() public {
        address closed = factory.createWallet(address(gateway));
        deal(closed, 1);
        vm.prank(address(gateway));
        vm.expectRevert(abi.encodeWithSelector(IInfernetWallet.PaymentFailed.selector, address(gateway), 1));
        IInfernetWallet(closed).withdraw(address(0), 1);
    }

    function test_only_native_is_spent() public {
        vm.prank(address(coordinator));
        vm.expectRevert(abi.encodeWithSelector(IInfernetWallet.TokenUnsupported.selector, keeper));
        wallet.cTransfer(address(dapp), keeper, address(coordinator), 1);
    }

    function test_a_consumer_spends_what_was_approved_and_there() public {
        uint32 id = dapp.ask("question", 2, OFFER / 2, address(wallet));
        vm.expectRevert(IInfernetWallet.InsufficientAllowance.selector);
        coordinator.poke(id, 1);
        vm.prank(payer);
        wallet.approve(address(dapp), address(0), OFFER + 1);
        vm.expectEmit(address(wallet));
        emit IInfernetWallet.Transfer(address(dapp), address(0), address(coordinator), OFFER);
        coordinator.poke(id, 1);
        assertEq(wallet.allowance(address(dapp), address(0)), 1);
        uint32 second = dapp.ask("question", 2, OFFER / 2, address(wallet));
        vm.expectRevert(IInfernetWallet.InsufficientAllowance.selector);
        coordinator.poke(second, 1);
        approve(address(dapp));
        deal(address(wallet), OFFER - 1);
        vm.expectRevert(IInfernetWallet.InsufficientFunds.selector);
        coordinator.poke(second, 1);
        vm.deal(address(wallet), OFFER);
        coordinator.poke(second, 1);
        assertEq(wallet.allowance(address(dapp), address(0)), type(uint256).max, "without end stays without end");
    }

    function test_only_wallets_of_the_factory_pay() public {
        uint32 id = dapp.ask("question", 2, OFFER / 2, keeper);
        vm.expectRevert(IInfernetCoordinator.InvalidWallet.selector);
        coordinator.poke(id, 1);
        vm.prank(keeper);
        (bool ok, bytes memory reason) = address(coordinator).call{value: 1}("");
        assertFalse(ok);
        assertEq(reason, abi.encodeWithSelector(IInfernetCoordinator.NotWallet.selector, keeper));
    }

    function test_there_is_nothing_to_reclaim_before_a_refund() public {
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToClaim.selector, address(0), address(wallet)));
        wallet.reclaim();
    }

    function test_naming_anothers_wallet_spends_nothing() public {
        approve(address(dapp));
        HostileConsumer thief = hostile(HostileConsumer.Way.Reenters);
        thief.act(create(OFFER / 2, address(wallet)));
        vm.expectRevert(IInfernetWallet.InsufficientAllowance.selector);
        coordinator.poke(1, 1);
        assertEq(address(wallet).balance, 100 ether);
    }

    function test_a_consumer_that_burns_or_bombs_holds_up_nobody() public {
        HostileConsumer.Way[2] memory ways = [HostileConsumer.Way.Burns, HostileConsumer.Way.RevertBomb];
        approve(address(dapp));
        for (uint256 i = 0; i < ways.length; ++i) {
            HostileConsumer bad = hostile(ways[i]);
            bad.act(create(0, address(0)));
            poke(coordinator.id() - 1, 1, 1 ether);
            deliver(answerTo("x"));
            assertGt(gateway.stateOf(gateway.idOf(sent)) >> 8 & 1, 0, "recorded as failed");
            uint32 good = dapp.ask("question", 2, OFFER / 2, address(wallet));
            poke(good, 1, 0);
            deliver(answerTo("y"));
            assertEq(dapp.received(), i + 1);
        }
    }

    function test_an_input_the_gateway_refuses_costs_only_the_poker() public {
        HostileConsumer bad = hostile(HostileConsumer.Way.InputBomb);
        Route memory it = route();
        it.shape = Shape.Bytes;
        vm.prank(router);
        coordinator.addRoute("bytes", it);
        bad.act(
            abi.encodeCall(
                IInfernetCoordinator.createSubscription,
                ("bytes", 1, 0, 2, false, address(0), 0, address(0), address(0))
            )
        );
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.InputTooLarge.selector, 16_384, 17_000));
        coordinator.poke{value: 1 ether}(1, 1);
        assertEq(keeper.balance, 100 ether);
    }

    function test_a_consumer_that_enters_again_gets_nothing_twice() public {
        HostileConsumer bad = hostile(HostileConsumer.Way.Reenters);
        bad.act(create(0, address(0)));
        poke(1, 1, 1 ether);
        bad.arm(abi.encodeCall(IInfernetCoordinator.poke, (1, 1)));
        deliver(answerTo("x"));
        assertFalse(bad.reentered());
        assertEq(bad.refusal(), IInfernetCoordinator.IntervalCompleted.selector);

        bad.act(create(0, address(0)));
        poke(2, 1, 1 ether);
        address[] memory payees = new address[](2);
        (payees[0], payees[1]) = (payeeAt(0), payeeAt(1));
        bad.arm(
            abi.encodeCall(
                IInfernetCoordinator.redeliver, (sent, sentContext, keccak256("evidence"), payees, bytes("x"))
            )
        );
        deliver(answerTo("x"));
        assertFalse(bad.reentered());
        assertEq(coordinator.redundancyCount(key(2, 1)), 2);
    }

    function test_a_consumer_may_subscribe_and_cancel_while_it_is_called() public {
        HostileConsumer it = hostile(HostileConsumer.Way.Reenters);
        it.act(create(0, address(0)));
        poke(1, 1, 1 ether);
        it.arm(create(0, address(0)));
        deliver(answerTo("x"));
        assertTrue(it.reentered());
        assertEq(coordinator.id(), 3);
    }

    function test_an_account_without_code_cannot_be_answered() public {
        vm.prank(keeper);
        uint32 id = coordinator.createSubscription("llm", 1, 0, 2, false, address(0), 0, address(0), address(0));
        vm.prank(keeper);
        vm.expectRevert();
        coordinator.poke{value: 1 ether}(id, 1);
    }

    /// @dev Whatever is offered, approved and held: either the whole price moves, or nothing does.
    function testFuzz_a_poke_takes_the_offer_or_nothing(uint96 offer, uint96 allowed, uint96 held) public {
        offer = uint96(bound(offer, 1, type(uint96).max / 2));
        deal(address(wallet), held);
        vm.prank(payer);
        wallet.approve(address(dapp), address(0), allowed);
        uint32 id = dapp.ask("question", 2, offer, address(wallet));
        uint256 price = uint256(offer) * 2;
        bool pays = price >= MINIMUM + PROTOCOL_FEE && price <= allowed && price <= held;
        uint256 before = address(gateway).balance;
        try coordinator.poke(id, 1) {
            assertTrue(pays);
            assertEq(address(gateway).balance, before + price);
            assertEq(address(wallet).balance, held - price);
            assertEq(wallet.allowance(address(dapp), address(0)), allowed - price);
        } catch {
            assertFalse(pays);
            assertEq(address(wallet).balance, held);
            assertEq(address(gateway).balance, before);
        }
        assertEq(address(coordinator).balance, 0);
    }

    function hostile(HostileConsumer.Way way) private returns (HostileConsumer) {
        return new HostileConsumer(address(coordinator), way);
    }

    function create(uint256 payment, address wallet_) private pure returns (bytes memory) {
        return abi.encodeCall(
            IInfernetCoordinator.createSubscription, ("llm", 1, 0, 2, false, address(0), payment, wallet_, address(0))
        );
    }
}
