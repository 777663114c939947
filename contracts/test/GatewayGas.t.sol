// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMessageRecipient} from "@hyperlane-xyz/core/interfaces/IMessageRecipient.sol";
import {IWorkerSets} from "../src/interfaces/IWorkerSets.sol";
import {Policy} from "../src/types/Policy.sol";
import {Terms} from "../src/types/Terms.sol";
import {Encoder, Item} from "./support/Encoder.sol";
import {GatewayTest} from "./support/GatewayTest.sol";
import {ThreeOfFive} from "./support/ThreeOfFive.sol";
import {NewerVm} from "./support/NewerVm.sol";
import {PlainToken} from "./support/Tokens.sol";

/// @notice Takes a message and does nothing: what a delivery costs whoever it is for.
contract EmptyRecipient is IMessageRecipient {
    function handle(uint32, bytes32, bytes calldata) external payable override {}
}

/// @notice The numbers the gateway is held to, in snapshots/gas.json. Inputs and outputs are 32 bytes, credited accounts
/// have credits already, there is no callback. Worst cases beside them, in snapshots/worst.json. forge-config: default.isolate = true
contract GatewayGasTest is GatewayTest {
    bytes private constant WORD = hex"a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8";

    function test_gas_of_a_request_and_of_its_bytes() public {
        ask(1, WORD);
        ask(2, WORD);
        uint256 word = lastGas();
        record("request_32B", word);
        bytes memory longer = new bytes(1_056);
        for (uint256 i = 0; i < longer.length; ++i) {
            longer[i] = 0xa1;
        }
        ask(3, longer);
        record("request_perByte", (lastGas() - word + 1_023) / 1_024);
        policyId = gateway.registerPolicy(policyOf(address(verifier), 1));
        ask(4, WORD);
        worst("request_32B, another policy", lastGas());
    }

    /// @dev Above what the same message costs when its recipient does nothing.
    function test_gas_of_a_delivery_by_signers() public {
        EmptyRecipient empty = new EmptyRecipient();
        uint256[4] memory above;
        for (uint256 k = 0; k <= 3; ++k) {
            uint256 signers = k == 0 ? 3 : k;
            Terms memory it = plain(10 + k);
            it.policyId = gateway.registerPolicy(policyOf(address(verifier), uint8(signers)));
            openPlain(it);
            bytes memory body = Encoder.body(Encoder.item(answer(it, 1, WORD, signers)));
            vm.prank(address(mailbox));
            empty.handle(HUB_DOMAIN, HUB, body);
            uint256 floor = lastGas();
            vm.prank(address(mailbox));
            gateway.handle(HUB_DOMAIN, HUB, body);
            above[k] = lastGas() - floor;
        }
        record("handle_k1_32B", above[1]);
        record("handle_perSigner", (above[3] - above[1] + 1) / 2);
    }

    /// @dev The whole transaction: Hyperlane's own Mailbox, three of five validators, eight results of one signer.
    function test_gas_of_a_batch_of_eight() public {
        ThreeOfFive lane = new ThreeOfFive();
        gateway = deployGateway(address(lane.mailbox()), address(lane.ism()), owner, treasury);
        vm.startPrank(owner);
        gateway.setHub(HUB_DOMAIN, HUB, true);
        gateway.setProtocolFee(PROTOCOL_FEE);
        vm.stopPrank();
        policyId = gateway.registerPolicy(policyOf(address(verifier), 1));
        for (uint256 round = 0; round < 2; ++round) {
            bytes[] memory items = new bytes[](8);
            for (uint256 i = 0; i < 8; ++i) {
                Terms memory it = plain(100 * (round + 1) + i);
                openPlain(it);
                items[i] = Encoder.item(answer(it, 1, WORD, 1));
            }
            (bytes memory metadata, bytes memory message) =
                lane.sign(uint32(round), HUB_DOMAIN, HUB, address(gateway), Encoder.body(items));
            lane.mailbox().process(metadata, message);
        }
        record("batch8_perResult", lastGas() / 8);
        assertEq(credit(payeeAt(0)), 16 * uint256(WORKER_FEE));
    }

    function test_gas_of_expiring() public {
        Terms memory first = plain(1);
        Terms memory second = plain(2);
        openPlain(first);
        openPlain(second);
        vm.warp(first.deadline + 1);
        gateway.expire(first);
        record("expire_cold", lastGas());
        gateway.expire(second);
        record("expire_warm", lastGas());
    }

    /// @dev The first request of all where there is no protocol fee, so that the gateway's slot was empty and remembers no
    /// policy, and the salt is for the gateway to fill in; the longest input, behind the longest context.
    function test_gas_of_the_worst_requests() public {
        gateway = deployGateway(address(mailbox), ism, owner, treasury);
        policyId = gateway.registerPolicy(policyOf(address(verifier), 1));
        Terms memory it = fullTerms();
        it.salt = 0;
        askFully(it, WORD, "");
        worst("request_32B", lastGas());

        it.salt = keccak256("2");
        askFully(it, WORD, ones(1_024));
        uint256 word = lastGas();
        it.salt = keccak256("3");
        askFully(it, ones(16_384), ones(1_024));
        worst("request_perByte", (lastGas() - word + 16_351) / 16_352);
    }

    /// @dev Nobody has had a credit, and the fee is a token's, so that the protocol's is one of its own; 32 signers.
    function test_gas_of_the_worst_deliveries() public {
        (uint256 one, uint256 more) = (deliverByMany(1), deliverByMany(32));
        worst("handle_k1_32B", one);
        worst("handle_perSigner", (more - one + 30) / 31);
    }

    /// @dev As `test_gas_of_a_batch_of_eight`, but each item pays a payee and a relayer who never had a credit.
    function test_gas_of_the_worst_batch_of_eight() public {
        ThreeOfFive lane = new ThreeOfFive();
        gateway = deployGateway(address(lane.mailbox()), address(lane.ism()), owner, treasury);
        vm.startPrank(owner);
        gateway.setHub(HUB_DOMAIN, HUB, true);
        gateway.setProtocolFee(PROTOCOL_FEE);
        vm.stopPrank();
        policyId = gateway.registerPolicy(policyOf(address(verifier), 1));
        bytes[] memory items = new bytes[](8);
        for (uint256 i = 0; i < 8; ++i) {
            Terms memory it = plain(i);
            openPlain(it);
            Item memory item = answer(it, 1, WORD, 1);
            item.relayer = address(uint160(0x7E1A0 + i));
            item.proof = bytes.concat(hex"01", vote(item, workerSecret(0), address(uint160(0xBA7C0 + i))));
            items[i] = Encoder.item(item);
        }
        (bytes memory metadata, bytes memory message) =
            lane.sign(0, HUB_DOMAIN, HUB, address(gateway), Encoder.body(items));
        lane.mailbox().process(metadata, message);
        worst("batch8_perResult", lastGas() / 8);
        assertEq(credit(address(uint160(0xBA7C7))), WORKER_FEE);
    }

    /// @dev A token's, to an account that never had a credit.
    function test_gas_of_the_worst_expiry() public {
        Terms memory it = plain(1);
        openForTokens(it);
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        worst("expire", lastGas());
    }

    function test_the_gateway_fits_the_size_limit() public view {
        assertLe(address(gateway).code.length, 24_576);
    }

    function setUp() public override {
        super.setUp();
        Terms memory it = plain(0);
        it.policyId = gateway.registerPolicy(policyOf(address(verifier), 3));
        openPlain(it);
        deliver(answer(it, 1, WORD, 3));
    }

    function ask(uint256 salt, bytes memory input) private {
        Terms memory it = plain(salt);
        it.inputHash = keccak256(input);
        vm.prank(asker);
        gateway.request{value: TOTAL}(it, input, "");
    }

    function openPlain(Terms memory it) private {
        vm.prank(asker);
        gateway.request{value: TOTAL}(it, INPUT, "");
    }

    function plain(uint256 salt) private view returns (Terms memory it) {
        it = terms();
        it.salt = keccak256(abi.encode(salt));
        it.callbackGasLimit = 0;
    }

    function fullTerms() private view returns (Terms memory it) {
        it = plain(1);
        it.callbackGasLimit = 4_294_967;
        it.relayer = relayer;
        (it.workerFee, it.relayFee) = (type(uint80).max, type(uint80).max);
        it.outputMode = 1;
    }

    function askFully(Terms memory it, bytes memory input, bytes memory context) private {
        (it.inputHash, it.contextHash) = (keccak256(input), keccak256(context));
        deal(asker, total(it));
        vm.prank(asker);
        gateway.request{value: total(it)}(it, input, context);
    }

    /// @dev Above what the same message costs when its recipient does nothing.
    function deliverByMany(uint256 signers) private returns (uint256 above) {
        (uint256[] memory secrets, IWorkerSets.Worker[] memory workers) = many(signers);
        Terms memory it = plain(signers);
        setId = sets.registerSet(owner, owner, workers);
        Policy memory policy = policyOf(address(verifier), uint8(signers));
        policy.verifyGas = uint32(verifier.minVerifyGas(uint8(signers)));
        it.policyId = gateway.registerPolicy(policy);
        openForTokens(it);
        Item memory item = answer(it, 1, WORD, 1);
        item.relayer = address(uint160(0x7E1A0 + signers));
        item.proof = abi.encodePacked(uint8(signers));
        for (uint256 i = 0; i < signers; ++i) {
            address payee = address(uint160(uint256(keccak256(abi.encode(signers, i)))));
            item.proof = bytes.concat(item.proof, vote(item, secrets[i], payee));
        }
        bytes memory body = Encoder.body(Encoder.item(item));
        EmptyRecipient empty = new EmptyRecipient();
        vm.prank(address(mailbox));
        empty.handle(HUB_DOMAIN, HUB, body);
        uint256 floor = lastGas();
        vm.prank(address(mailbox));
        gateway.handle(HUB_DOMAIN, HUB, body);
        above = lastGas() - floor;
        assertEq(gateway.credits(it.feeToken, item.relayer), RELAY_FEE);
    }

    /// @dev Keys in ascending order, each of another operator.
    function many(uint256 count) private pure returns (uint256[] memory secrets, IWorkerSets.Worker[] memory workers) {
        secrets = new uint256[](count);
        workers = new IWorkerSets.Worker[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 secret = uint256(keccak256(abi.encode("many", i)));
            uint256 at = i;
            for (; at > 0 && workers[at - 1].key > vm.addr(secret); --at) {
                (secrets[at], workers[at]) = (secrets[at - 1], workers[at - 1]);
            }
            secrets[at] = secret;
            workers[at] = IWorkerSets.Worker(vm.addr(secret), address(uint160(0x09E0 + i)));
        }
    }

    /// @dev Each in a token of its own, so that nobody has credits in it.
    function openForTokens(Terms memory it) private {
        PlainToken token = new PlainToken();
        it.feeToken = address(token);
        it.protocolFee = PROTOCOL_FEE;
        vm.prank(owner);
        gateway.setFeeToken(address(token), true, PROTOCOL_FEE);
        token.mint(asker, total(it));
        vm.startPrank(asker);
        token.approve(address(gateway), total(it));
        gateway.request(it, INPUT, "");
        vm.stopPrank();
    }

    function ones(uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            data[i] = 0xff;
        }
    }

    /// @dev Worst cases have the names of what they are the worst cases of.
    function worst(string memory name, uint256 gasUsed) private {
        NewerVm(address(vm)).snapshotValue("worst", name, gasUsed);
    }

    function lastGas() private view returns (uint256) {
        return NewerVm(address(vm)).lastCallGas().gasTotalUsed;
    }

    function record(string memory name, uint256 gasUsed) private {
        NewerVm(address(vm)).snapshotValue("gas", name, gasUsed);
    }
}
