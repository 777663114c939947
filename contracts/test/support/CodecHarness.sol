// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AnswerHash} from "../../src/libraries/AnswerHash.sol";
import {PayeeList} from "../../src/libraries/PayeeList.sol";
import {ResultBody} from "../../src/libraries/ResultBody.sol";
import {ResultItem} from "../../src/libraries/ResultItem.sol";
import {StateWord} from "../../src/libraries/StateWord.sol";
import {TermsCodec} from "../../src/libraries/TermsCodec.sol";
import {Answer} from "../../src/types/Answer.sol";
import {Ignored, RequestState} from "../../src/types/Lifecycle.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Item} from "./Encoder.sol";

/// @notice The internal codecs, callable, so that they read from calldata; also by wire/test/twins.test.ts, which holds
/// them against TypeScript's.
contract CodecHarness {
    using ResultItem for bytes;
    using StateWord for uint256;

    /// @notice A state word, taken apart.
    struct Word {
        RequestState state;
        uint40 closeAt;
        uint40 finalAt;
        uint96 topUp;
        bool callbackFailed;
        bool outputAwaited;
        bool disputed;
    }

    function decodeTerms(bytes calldata packed) public pure returns (Terms memory terms) {
        uint256 at;
        assembly ("memory-safe") {
            at := terms
        }
        TermsCodec.decodeTo(at, packed);
    }

    function hashTerms(Terms calldata terms) external pure returns (bytes32) {
        return TermsCodec.hashOf(terms);
    }

    function isWellFormed(bytes calldata item) external pure returns (bool fits) {
        (fits,,,) = item.split();
    }

    function decodeItem(bytes calldata item) external pure returns (Item memory) {
        (, bytes calldata context, bytes calldata output, bytes calldata proof) = item.split();
        return Item({
            terms: decodeTerms(item),
            status: item.status(),
            outputHash: item.outputHash(),
            evidenceHash: item.evidenceHash(),
            relayer: item.relayer(),
            context: context,
            output: output,
            proof: proof
        });
    }

    function checkBody(bytes calldata body) external pure returns (Ignored) {
        return ResultBody.check(body);
    }

    function encodeBody(bytes[] calldata items) external pure returns (bytes memory) {
        return ResultBody.encode(items);
    }

    function itemsOf(bytes calldata body) external pure returns (bytes[] memory items) {
        require(ResultBody.check(body) == Ignored.None, "broken frame");
        items = new bytes[](uint16(bytes2(body[2:4])));
        uint256 pos = ResultBody.FIRST;
        for (uint256 i = 0; i < items.length; ++i) {
            bytes calldata item;
            (item, pos) = ResultBody.itemAt(body, pos);
            items[i] = item;
        }
    }

    function decodePayees(bytes memory returned) external pure returns (address[] memory) {
        return PayeeList.decode(returned);
    }

    function digestOfAnswer(bytes32 domainSeparator, Answer memory answer) external pure returns (bytes32) {
        return AnswerHash.digest(domainSeparator, answer);
    }

    function openWord(uint40 closeAt, uint96 topUp) external pure returns (uint256) {
        return StateWord.open(0).withTopUp(topUp).withTime(closeAt);
    }

    function settledWord(
        RequestState state,
        uint40 finalAt,
        bytes32 digest,
        bool callbackFailed,
        bool outputAwaited,
        bool disputed
    )
        external
        pure
        returns (uint256 word)
    {
        word = StateWord.settled(state, finalAt, digest);
        if (callbackFailed) word |= StateWord.CALLBACK_FAILED;
        if (outputAwaited) word |= StateWord.OUTPUT_AWAITED;
        if (disputed) word |= StateWord.DISPUTED;
    }

    function readWord(uint256 word) external pure returns (Word memory) {
        return Word({
            state: word.state(),
            closeAt: word.closeAt(),
            finalAt: word.finalAt(),
            topUp: word.topUp(),
            callbackFailed: word.has(StateWord.CALLBACK_FAILED),
            outputAwaited: word.has(StateWord.OUTPUT_AWAITED),
            disputed: word.has(StateWord.DISPUTED)
        });
    }

    function isWordOf(uint256 word, bytes32 digest) external pure returns (bool) {
        return word.isOf(digest);
    }
}
