// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Encoder} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

/// @notice Ids belong to one gateway on one chain, and a fork of the chain is another chain.
contract DomainTest is GatewayTest {
    function test_the_separator_is_eip_712s() public view {
        assertEq(gateway.domainSeparator(), separator(block.chainid, address(gateway)));
        (, string memory name, string memory version, uint256 chainId, address contract_,,) = gateway.eip712Domain();
        assertEq(name, "Herald");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(contract_, address(gateway));
    }

    function test_a_fork_has_other_ids_and_takes_no_old_answers() public {
        Terms memory it = terms();
        bytes32 id = open(it);
        bytes memory body = Encoder.body(Encoder.item(answer(it)));
        vm.chainId(block.chainid + 1);
        assertEq(gateway.domainSeparator(), separator(block.chainid, address(gateway)));
        assertTrue(gateway.idOf(it) != id);
        deliver(body);
        assertEq(credit(relayer), 0);
    }

    function test_another_gateway_has_other_ids() public {
        InferenceGateway other = deployGateway(address(mailbox), ism, owner, treasury);
        assertTrue(other.idOf(terms()) != gateway.idOf(terms()));
    }

    function separator(uint256 chainId, address contract_) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Herald"),
                keccak256("1"),
                chainId,
                contract_
            )
        );
    }
}
