// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {IWorkerRegistry} from "../src/interfaces/IWorkerRegistry.sol";
import {WORKER_REGISTRY} from "./WorkerRegistry.t.sol";
import {NewerVm} from "./support/NewerVm.sol";

/// @notice What the registry's calls cost, each as a transaction of its own, written to snapshots/registry.json.
/// forge-config: default.isolate = true
contract WorkerRegistryGasTest is Test {
    function test_gas_of_an_operators_calls() public {
        vm.warp(1_900_000_000);
        address owner = address(this);
        IWorkerRegistry registry = IWorkerRegistry(
            deployCode(WORKER_REGISTRY, abi.encode(owner, makeAddr("recipient"), uint128(1 ether), 14 days, 2 days))
        );
        registry.setSlasher(owner);
        registry.setGuardian(owner);
        address operator = makeAddr("operator");
        deal(operator, 10 ether);
        address key = vm.addr(0xC0FFEE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xC0FFEE, registry.consentDigest(operator, key));
        bytes32[] memory models = new bytes32[](1);

        vm.startPrank(operator);
        registry.register{value: 5 ether}();
        snapshot("register");
        registry.addWorker(key, abi.encodePacked(r, s, v));
        snapshot("addWorker");
        registry.serve(models);
        snapshot("serve 1 model");
        registry.unbond(1 ether);
        snapshot("unbond");
        vm.stopPrank();
        registry.jail(operator, "reason");
        snapshot("jail");
        registry.slash(operator, 1, "evidence");
        snapshot("slash");
        vm.warp(block.timestamp + 14 days);
        vm.startPrank(operator);
        registry.unjail();
        snapshot("unjail");
        registry.withdraw(operator);
        snapshot("withdraw");
    }

    function snapshot(string memory name) private {
        NewerVm(address(vm)).snapshotGasLastCall("registry", name);
    }
}
