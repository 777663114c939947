// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Ignored, RequestState} from "../src/types/Lifecycle.sol";
import {StateWord} from "../src/libraries/StateWord.sol";
import {Terms} from "../src/types/Terms.sol";
import {CodecHarness} from "./support/CodecHarness.sol";
import {Encoder, Item} from "./support/Encoder.sol";

/// @notice Every codec against the plain reference in support/Encoder.sol, and against bytes nobody meant well with.
contract CodecsTest is Test {
    CodecHarness private immutable codec = new CodecHarness();

    function testFuzz_terms_round_trip(Terms memory it) public view {
        bytes memory packed = Encoder.terms(it);
        assertEq(packed.length, 280);
        assertEq(abi.encode(codec.decodeTerms(packed)), abi.encode(it));
    }

    function testFuzz_terms_hash_as_eip_712_says(Terms memory it) public view {
        bytes32 typeHash = keccak256(
            "Terms(uint8 version,bytes32 salt,address requester,address consumer,address refundTo,"
            "uint32 callbackGasLimit,bytes32 contextHash,bytes32 modelId,bytes32 inputHash,uint8 inputMode,"
            "uint8 outputMode,uint32 policyId,address feeToken,uint96 workerFee,uint96 relayFee,uint96 protocolFee,"
            "address relayer,uint40 deadline)"
        );
        bytes memory encoded = bytes.concat(
            abi.encode(typeHash, it.version, it.salt, it.requester, it.consumer, it.refundTo, it.callbackGasLimit),
            abi.encode(it.contextHash, it.modelId, it.inputHash, it.inputMode, it.outputMode, it.policyId),
            abi.encode(it.feeToken, it.workerFee, it.relayFee, it.protocolFee, it.relayer, it.deadline)
        );
        assertEq(codec.hashTerms(it), keccak256(encoded));
    }

    function testFuzz_items_round_trip(Item memory it) public view {
        bytes memory packed = Encoder.item(it);
        assertTrue(codec.isWellFormed(packed));
        assertEq(abi.encode(codec.decodeItem(packed)), abi.encode(it));
    }

    /// @dev Well-formed means that the bytes are exactly those of the parts they are read as: no second form, nothing
    /// left over.
    function testFuzz_items_have_one_form(bytes memory packed) public view {
        if (!codec.isWellFormed(packed)) return;
        assertEq(Encoder.item(codec.decodeItem(packed)), packed);
    }

    function testFuzz_no_other_length_of_an_item_is_well_formed(
        Item memory it,
        uint256 kept,
        bytes memory more
    )
        public
        view
    {
        bytes memory packed = Encoder.item(it);
        assertTrue(!codec.isWellFormed(bytes.concat(packed, hex"00", more)));
        kept = bound(kept, 0, packed.length - 1);
        assembly ("memory-safe") {
            mstore(packed, kept)
        }
        assertTrue(!codec.isWellFormed(packed));
    }

    function testFuzz_bodies_round_trip(bytes[] memory items) public view {
        vm.assume(items.length > 0);
        bytes memory packed = codec.encodeBody(items);
        assertEq(packed, Encoder.body(items));
        assertEq(abi.encode(codec.itemsOf(packed)), abi.encode(items));
    }

    function testFuzz_a_checked_body_has_one_form(bytes memory rest) public view {
        bytes memory body = bytes.concat(hex"0101", rest);
        if (codec.checkBody(body) != Ignored.None) return;
        assertEq(codec.encodeBody(codec.itemsOf(body)), body);
    }

    function test_lengths_near_overflow_are_malformed() public view {
        assertEq(uint8(codec.checkBody(hex"01010001ffffffff")), uint8(Ignored.Malformed));
        assertEq(uint8(codec.checkBody(hex"0101ffff00000000")), uint8(Ignored.Malformed));
        bytes memory item = Encoder.item(emptyItem());
        assertTrue(codec.isWellFormed(item));
        for (uint256 i = 0; i < 4; ++i) {
            item[item.length - 1 - i] = 0xff;
            assertFalse(codec.isWellFormed(item));
        }
    }

    function testFuzz_payees_round_trip(address[] memory payees) public view {
        bool taken = payees.length > 0 && payees.length <= 32;
        for (uint256 i = 0; i < payees.length; ++i) {
            taken = taken && payees[i] != address(0);
        }
        assertEq(abi.encode(codec.decodePayees(abi.encode(payees))), abi.encode(taken ? payees : new address[](0)));
    }

    function testFuzz_payees_of_rubbish_never_revert(bytes memory rubbish) public view {
        codec.decodePayees(rubbish);
        codec.decodePayees(bytes.concat(abi.encode(uint256(32), rubbish.length / 32), rubbish));
    }

    function testFuzz_state_words_hold_their_parts(uint40 time, bytes32 digest) public pure {
        uint256 open = StateWord.open(time);
        assertEq(uint8(StateWord.state(open)), uint8(RequestState.Open));
        assertEq(StateWord.closeAt(open), time);
        uint256 settled = StateWord.settled(RequestState.Declined, time, digest);
        assertEq(uint8(StateWord.state(settled)), uint8(RequestState.Declined));
        assertEq(uint40(settled >> 16), time);
        assertEq(settled >> 56, uint200(uint256(digest)));
        assertEq(settled & StateWord.CALLBACK_FAILED, 0);
    }

    function emptyItem() private pure returns (Item memory it) {}
}
