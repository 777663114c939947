// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Rejection, RequestState} from "../../src/types/Lifecycle.sol";
import {Terms} from "../../src/types/Terms.sol";
import {AttestedVerifier} from "../../src/verifiers/AttestedVerifier.sol";
import {Encoder, Item} from "../support/Encoder.sol";
import {GatewayTest} from "../support/GatewayTest.sol";

/// @notice What a result item may say that is not taken: recorded, never reverting, and leaving the request as it was.
contract HandleRejectionsTest is GatewayTest {
    Terms private it;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        it = terms();
        id = open(it);
    }

    function test_unknown_request() public {
        Item memory item = answer(it);
        item.terms.salt = bytes32(uint256(7));
        expectRejected(item, gateway.idOf(item.terms), Rejection.UnknownRequest, "");
    }

    /// @dev Terms altered in any field are another request, so no fee, recipient or model can be exchanged under way.
    function testFuzz_any_altered_bit_of_the_terms_is_another_request(uint256 bit) public {
        bytes memory packed = Encoder.item(answer(it));
        bit = bound(bit, 0, 280 * 8 - 1);
        packed[bit / 8] ^= bytes1(uint8(2 ** (bit % 8)));
        deliver(Encoder.body(packed));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        assertEq(credit(relayer), 0);
    }

    function test_already_settled() public {
        deliver(answer(it));
        uint256 word = gateway.stateOf(id);
        deliver(answer(it, 2, "", 2));
        assertEq(gateway.stateOf(id), word);
        assertEq(credit(refundee), 0);
    }

    function test_already_refunded() public {
        Item memory item = answer(it);
        vm.warp(it.deadline + 1);
        gateway.expire(it);
        expectRejected(item, id, Rejection.AlreadySettled, "");
    }

    function test_late() public {
        Item memory item = answer(it);
        vm.warp(it.deadline + 1);
        expectRejected(item, id, Rejection.Late, "");
    }

    function test_another_relayer_than_the_one_named() public {
        Terms memory named = terms();
        named.salt = bytes32(uint256(43));
        named.relayer = makeAddr("the only relayer");
        expectRejected(answer(named), open(named), Rejection.RelayerMismatch, "");
    }

    function test_zero_relayer() public {
        Item memory item = answer(it);
        item.relayer = address(0);
        item.proof = prove(item, 2);
        expectRejected(item, id, Rejection.RelayerMismatch, "");
    }

    function test_statuses_nobody_knows() public {
        uint8[3] memory statuses = [0, 5, 255];
        for (uint256 i = 0; i < 3; ++i) {
            expectRejected(answer(it, statuses[i], OUTPUT, 2), id, Rejection.StatusUnknown, "");
        }
    }

    function test_an_output_that_was_not_signed() public {
        Item memory item = answer(it);
        item.output = "another output";
        expectRejected(item, id, Rejection.OutputMismatch, "");
        item.output = "";
        expectRejected(item, id, Rejection.OutputMismatch, "");
        item = answer(it, 2, "", 2);
        item.output = "a reason nobody signed";
        expectRejected(item, id, Rejection.OutputMismatch, "");
        item.output = "?";
        expectRejected(item, id, Rejection.OutputMismatch, "");
    }

    function test_another_context() public {
        Item memory item = answer(it);
        item.context = "another context";
        expectRejected(item, id, Rejection.ContextMismatch, "");
    }

    function test_a_relayer_the_workers_did_not_sign_for() public {
        Item memory item = answer(it);
        item.relayer = makeAddr("thief");
        deliver(item);
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        assertEq(credit(item.relayer), 0);
    }

    function test_too_few_signatures_and_says_why() public {
        bytes memory detail = abi.encodeWithSelector(AttestedVerifier.NotEnoughOperators.selector, 2, 1);
        expectRejected(answer(it, 1, OUTPUT, 1), id, Rejection.ProofRejected, detail);
    }

    function test_no_proof_at_all() public {
        Item memory item = answer(it);
        item.proof = "";
        bytes memory detail = abi.encodeWithSelector(AttestedVerifier.ProofLength.selector, 1, 0);
        expectRejected(item, id, Rejection.ProofRejected, detail);
    }

    function test_a_good_item_is_taken_after_all_the_bad_ones() public {
        Item memory bad = answer(it);
        bad.output = "another output";
        deliver(bad);
        deliver(answer(it));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Delivered));
    }

    /// @dev Whatever an item's bytes are, the message goes through and the request that was not vouched for stays open.
    function testFuzz_hostile_items_never_revert(bytes calldata rubbish) public {
        deliver(Encoder.body(rubbish));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
    }

    function testFuzz_hostile_bodies_never_revert(bytes calldata rubbish) public {
        deliver(rubbish);
        deliver(bytes.concat(hex"0101", rubbish));
        deliver(bytes.concat(hex"01010001", rubbish));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
    }

    /// @dev Bytes close to a true item: truncated, extended, one byte changed. Only a change of nothing settles.
    function testFuzz_almost_right_items_never_revert(
        uint256 where,
        uint8 change,
        uint16 cut,
        bytes calldata more
    )
        public
    {
        bytes memory packed = Encoder.item(answer(it));
        where = bound(where, 0, packed.length - 1);
        packed[where] ^= bytes1(change);
        uint256 kept = bound(cut, 0, packed.length);
        bytes memory body = packed;
        assembly ("memory-safe") {
            mstore(body, kept)
        }
        deliver(Encoder.body(bytes.concat(body, more)));
        bool whole = change == 0 && more.length == 0 && kept == Encoder.item(answer(it)).length;
        assertEq(uint8(stateOf(id)), uint8(whole ? RequestState.Delivered : RequestState.Open));
    }

    function testFuzz_any_altered_byte_settles_nothing(uint256 where, uint8 change) public {
        bytes memory packed = Encoder.item(answer(it));
        where = bound(where, 0, packed.length - 1);
        packed[where] ^= bytes1(uint8(bound(change, 1, 255)));
        deliver(Encoder.body(packed));
        assertEq(uint8(stateOf(id)), uint8(RequestState.Open));
        assertEq(consumer.calls(), 0);
    }
}
