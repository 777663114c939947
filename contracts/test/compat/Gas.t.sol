// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Encoder} from "../support/Encoder.sol";
import {NewerVm} from "../support/NewerVm.sol";
import {PromptsModel, WatchesModel} from "./support/InfernetConsumers.sol";
import {InfernetTest} from "./support/InfernetTest.sol";

/// @notice What Infernet's consumers cost here, each as a transaction of its own, written to snapshots/compat.json.
/// forge-config: default.isolate = true
contract GasCompatTest is InfernetTest {
    function test_gas_of_a_callback() public {
        PromptsModel dapp = new PromptsModel(address(coordinator));
        approve(address(dapp));
        uint32 id = dapp.ask("What is a blob?", 2, OFFER / 2, address(wallet));
        snapshot("request callback");
        poke(id, 1, 0);
        id = dapp.ask("What is a blob?", 2, OFFER / 2, address(wallet));
        vm.prank(keeper);
        coordinator.poke(id, 1);
        snapshot("poke, wallet pays");
    }

    function test_gas_of_deliveries() public {
        WatchesModel dapp = new WatchesModel(address(coordinator), address(0));
        approve(address(dapp));
        uint32 id = dapp.watch(1, 0, false, OFFER / 2, address(wallet));
        poke(id, 1, 0);
        handle();
        id = dapp.watch(1, 0, false, OFFER / 2, address(wallet));
        poke(id, 1, 0);
        handle();
        snapshot("handle 1 item, eager");
        id = dapp.watch(1, 0, true, OFFER / 2, address(wallet));
        poke(id, 1, 0);
        handle();
        snapshot("handle 1 item, lazy");
        assertEq(dapp.received(), 3);
    }

    function test_gas_of_a_wallet() public {
        factory.createWallet(payer);
        snapshot("createWallet");
    }

    function handle() private {
        bytes memory body = Encoder.body(Encoder.item(answerTo("A large piece of data.")));
        vm.prank(address(mailbox));
        gateway.handle(HUB_DOMAIN, HUB, body);
    }

    function snapshot(string memory name) private {
        NewerVm(address(vm)).snapshotGasLastCall("compat", name);
    }
}
