// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Vm} from "forge-std/Vm.sol";
import {IInfernetCoordinator} from "../../../src/compat/interfaces/IInfernetCoordinator.sol";
import {IInfernetInbox} from "../../../src/compat/interfaces/IInfernetInbox.sol";
import {IInfernetWallet} from "../../../src/compat/interfaces/IInfernetWallet.sol";
import {IInfernetWalletFactory} from "../../../src/compat/interfaces/IInfernetWalletFactory.sol";
import {Route, Shape} from "../../../src/compat/types/Route.sol";
import {IInferenceGateway} from "../../../src/interfaces/IInferenceGateway.sol";
import {Terms} from "../../../src/types/Terms.sol";
import {Item} from "../../support/Encoder.sol";
import {GatewayTest} from "../../support/GatewayTest.sol";

/// @notice A gateway with a coordinator in front of it, a route for `llm` by two operators, and a funded wallet.
abstract contract InfernetTest is GatewayTest {
    string internal constant COORDINATOR = "out/InfernetCoordinator.sol/InfernetCoordinator.json";
    bytes32 internal constant LLM = keccak256(abi.encode("llm"));
    uint96 internal constant MINIMUM = 0.5 ether;
    uint256 internal constant OFFER = 2 ether;

    address internal router = makeAddr("router");
    address internal payer = makeAddr("payer");
    address internal keeper = makeAddr("keeper");
    IInfernetCoordinator internal coordinator;
    IInfernetWalletFactory internal factory;
    IInfernetInbox internal inbox;
    IInfernetWallet internal wallet;

    /// @dev What the last poke sent to the gateway.
    Terms internal sent;
    bytes internal sentInput;
    bytes internal sentContext;

    function setUp() public virtual override {
        super.setUp();
        coordinator = IInfernetCoordinator(deployCode(COORDINATOR, abi.encode(gateway, router)));
        factory = IInfernetWalletFactory(coordinator.WALLET_FACTORY());
        inbox = IInfernetInbox(coordinator.INBOX());
        Route memory it = route();
        vm.prank(router);
        coordinator.addRoute("llm", it);
        wallet = IInfernetWallet(factory.createWallet(payer));
        deal(address(wallet), 100 ether);
        deal(keeper, 100 ether);
    }

    function route() internal view returns (Route memory) {
        return Route({
            modelId: keccak256("model"),
            policyId: policyId,
            relayBps: 2_500,
            shape: Shape.Text,
            callbackGas: 1_000_000,
            ttl: 600,
            minimum: MINIMUM
        });
    }

    function approve(address spender) internal {
        vm.prank(payer);
        wallet.approve(spender, address(0), type(uint256).max);
    }

    /// @notice Pokes as the keeper and remembers what the gateway was sent.
    function poke(uint32 subscriptionId, uint32 interval, uint256 value) internal returns (bytes32 requestId) {
        vm.recordLogs();
        vm.prank(keeper);
        requestId = coordinator.poke{value: value}(subscriptionId, interval);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IInferenceGateway.RequestOpened.selector) continue;
            (sent, sentInput, sentContext) = abi.decode(logs[i].data, (Terms, bytes, bytes));
        }
        assertEq(gateway.idOf(sent), requestId);
    }

    /// @notice The answer of two workers to the last poke.
    function answerTo(bytes memory output) internal view returns (Item memory item) {
        item = answer(sent, 1, output, 2);
        item.context = sentContext;
    }

    function redeliver(bytes memory output) internal {
        address[] memory payees = new address[](2);
        (payees[0], payees[1]) = (payeeAt(0), payeeAt(1));
        coordinator.redeliver(sent, sentContext, keccak256("evidence"), payees, output);
    }

    function key(uint32 subscriptionId, uint32 interval) internal pure returns (bytes32) {
        return keccak256(abi.encode(subscriptionId, interval));
    }
}
