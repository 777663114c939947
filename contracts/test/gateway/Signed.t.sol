// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {InferenceGateway} from "../../src/InferenceGateway.sol";
import {RequestState} from "../../src/types/Lifecycle.sol";
import {Terms} from "../../src/types/Terms.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

/// @notice A wallet contract that accepts the signatures of one key, or reverts.
contract Wallet1271 {
    address private immutable _SIGNER;
    bool private immutable _REVERTS;

    constructor(address signer, bool reverts) {
        (_SIGNER, _REVERTS) = (signer, reverts);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        require(!_REVERTS, "locked");
        (bytes32 r, bytes32 s, uint8 v) = abi.decode(signature, (bytes32, bytes32, uint8));
        return ecrecover(hash, v, r, s) == _SIGNER ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

contract SignedTest is GatewayTest {
    uint256 private constant SECRET = 0xA11CE;
    address private submitter = makeAddr("submitter");
    Terms private it;

    function setUp() public override {
        super.setUp();
        deal(submitter, 100 ether);
        it = terms();
        it.requester = vm.addr(SECRET);
    }

    function test_anyone_submits_and_pays_what_was_signed() public {
        bytes32 id = gateway.idOf(it);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.RequestOpened(id, 1, it, INPUT, "");
        assertEq(submit(signature(SECRET)), id);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        assertEq(address(gateway).balance, TOTAL);
    }

    function test_the_refund_goes_where_the_requester_said() public {
        submit(signature(SECRET));
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        assertEq(credit(refundee), TOTAL);
        assertEq(credit(submitter), 0);
    }

    function test_front_running_only_makes_it_happen_and_it_happens_once() public {
        bytes memory signed = signature(SECRET);
        submit(signed);
        bytes32 id = gateway.idOf(it);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.RequestExists.selector, id));
        submit(signed);
    }

    function test_a_wallet_contract_signs_by_erc_1271() public {
        it.requester = address(new Wallet1271(vm.addr(SECRET), false));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SECRET, gateway.idOf(it));
        submit(abi.encode(r, s, v));
        assertEq(gateway.requestCount(), 1);
    }

    function test_refuses_what_the_wallet_does_not_accept() public {
        it.requester = address(new Wallet1271(makeAddr("another"), false));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SECRET, gateway.idOf(it));
        expectInvalid(abi.encode(r, s, v));
        it.requester = address(new Wallet1271(vm.addr(SECRET), true));
        expectInvalid(abi.encode(r, s, v));
        it.requester = address(sets);
        expectInvalid(abi.encode(r, s, v));
    }

    function test_refuses_another_key_and_rubbish() public {
        expectInvalid(signature(SECRET + 1));
        expectInvalid("");
        expectInvalid(new bytes(65));
        it.requester = address(0);
        expectInvalid(new bytes(65));
    }

    /// @dev The same signature in its other form would be a second one for the same terms.
    function test_refuses_a_malleated_signature() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SECRET, gateway.idOf(it));
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        expectInvalid(abi.encodePacked(r, bytes32(n - uint256(s)), v == 27 ? uint8(28) : uint8(27)));
    }

    function test_refuses_a_zero_salt() public {
        it.salt = 0;
        bytes memory signed = signature(SECRET);
        vm.prank(submitter);
        vm.expectRevert(IInferenceGateway.SaltRequired.selector);
        gateway.requestBySig{value: TOTAL}(it, INPUT, "", signed);
    }

    /// @dev Whatever is changed after signing, it is not what was signed.
    function testFuzz_refuses_changed_terms(uint8 which, uint96 value) public {
        bytes memory signed = signature(SECRET);
        which = uint8(bound(which, 0, 6));
        if (which == 0) it.workerFee = uint96(bound(value, 0, WORKER_FEE - 1));
        if (which == 1) it.refundTo = submitter;
        if (which == 2) it.consumer = submitter;
        if (which == 3) it.modelId = keccak256("cheaper model");
        if (which == 4) it.relayer = submitter;
        if (which == 5) it.deadline -= 1;
        if (which == 6) it.outputMode = 1;
        expectInvalid(signed);
    }

    function test_a_signature_is_for_one_gateway_on_one_chain() public {
        bytes memory signed = signature(SECRET);
        InferenceGateway other = deployGateway(address(mailbox), ism, owner, treasury);
        other.registerPolicy(policyOf(address(verifier), 2));
        it.protocolFee = 0;
        bytes memory here = signature(SECRET);
        vm.prank(submitter);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceGateway.InvalidSignature.selector, other.idOf(it), it.requester)
        );
        other.requestBySig{value: uint256(WORKER_FEE) + RELAY_FEE}(it, INPUT, "", here);
        it.protocolFee = PROTOCOL_FEE;
        vm.chainId(block.chainid + 1);
        expectInvalid(signed);
    }

    function test_only_the_requester_cancels_what_another_submitted() public {
        it.deadline += 1 days;
        submit(signature(SECRET));
        vm.prank(submitter);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NotRequester.selector, it.requester, submitter));
        gateway.cancel(it);
        vm.prank(it.requester);
        gateway.cancel(it);
    }

    function signature(uint256 secret) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, gateway.idOf(it));
        return abi.encodePacked(r, s, v);
    }

    function submit(bytes memory signed) private returns (bytes32) {
        vm.prank(submitter);
        return gateway.requestBySig{value: TOTAL}(it, INPUT, "", signed);
    }

    function expectInvalid(bytes memory signed) private {
        uint256 value = total(it);
        bytes memory refusal =
            abi.encodeWithSelector(IInferenceGateway.InvalidSignature.selector, gateway.idOf(it), it.requester);
        vm.prank(submitter);
        vm.expectRevert(refusal);
        gateway.requestBySig{value: value}(it, INPUT, "", signed);
    }
}
