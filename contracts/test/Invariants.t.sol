// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceConsumer} from "../src/interfaces/IInferenceConsumer.sol";
import {IInferenceGateway} from "../src/interfaces/IInferenceGateway.sol";
import {RequestState} from "../src/types/Lifecycle.sol";
import {Policy} from "../src/types/Policy.sol";
import {Request} from "../src/types/Request.sol";
import {Result} from "../src/types/Result.sol";
import {Terms} from "../src/types/Terms.sol";
import {Encoder, Item} from "./support/Encoder.sol";
import {GatewayTest} from "./support/GatewayTest.sol";
import {PlainToken} from "./support/Tokens.sol";

/// @notice Counts what it is told, and at times takes nothing.
contract MoodyConsumer is IInferenceConsumer {
    bool public refuses;
    mapping(bytes32 id => uint256) public told;
    mapping(bytes32 id => uint256) public toldFinally;

    function turn() external {
        refuses = !refuses;
    }

    function onInference(bytes32 id, address, bytes calldata, uint8, bytes calldata, bool isFinal) external override {
        require(!refuses, "not now");
        if (isFinal) ++toldFinally[id];
        else ++told[id];
    }
}

/// @notice Random lives of many requests beside a ledger of their own. Deeds go through the test itself, so that they
/// share its helpers; each is audited: no request leaves its end, and what is credited is what ended just then.
contract InvariantsTest is GatewayTest {
    uint256 private constant AWAITED = 2 << 8;
    uint256 private constant FAILED = 1 << 8;

    Terms[] private all;
    PlainToken private token;
    MoodyConsumer private moody;
    uint32 private windowed;
    uint256 private nextSeq = 1;
    address private successor = makeAddr("successor");
    mapping(bytes32 id => uint96) private added;
    mapping(bytes32 id => Result) private results;
    mapping(bytes32 id => RequestState) private seen;

    /// @dev By token: what came in, what went out, and what was due to the payees and to the refunded of ended requests.
    mapping(address token => uint256) private cameIn;
    mapping(address token => mapping(address account => uint256)) private wentOut;
    mapping(address token => uint256) private paid;
    mapping(address token => uint256) private refunded;

    modifier audited() {
        _;
        for (uint256 i = 0; i < all.length; ++i) {
            audit(all[i]);
        }
    }

    function setUp() public override {
        super.setUp();
        deal(asker, type(uint128).max);
        token = new PlainToken();
        moody = new MoodyConsumer();
        token.mint(asker, type(uint128).max);
        vm.prank(asker);
        token.approve(address(gateway), type(uint256).max);
        vm.prank(owner);
        gateway.setFeeToken(address(token), true, 3);
        Policy memory policy = policyOf(address(verifier), 2);
        policy.window = 300;
        windowed = gateway.registerPolicy(policy);
        targetContract(address(this));
        bytes4[] memory deeds = new bytes4[](19);
        deeds[0] = this.ask.selector;
        deeds[1] = this.askTwo.selector;
        deeds[2] = this.answerOne.selector;
        deeds[3] = this.answerMany.selector;
        deeds[4] = this.forge.selector;
        deeds[5] = this.addToFee.selector;
        deeds[6] = this.callOff.selector;
        deeds[7] = this.refund.selector;
        deeds[8] = this.rule.selector;
        deeds[9] = this.finishWindow.selector;
        deeds[10] = this.revealOne.selector;
        deeds[11] = this.retryOne.selector;
        deeds[12] = this.claimOne.selector;
        deeds[13] = this.changeFees.selector;
        deeds[14] = this.pauseOrNot.selector;
        deeds[15] = this.changeMood.selector;
        deeds[16] = this.wait.selector;
        // Twice, so that there is more to settle than to ask.
        deeds[17] = this.answerOne.selector;
        deeds[18] = this.changeRecipient.selector;
        targetSelector(FuzzSelector(address(this), deeds));
    }

    function ask(uint96 workerFee, uint96 relayFee, uint32 ttl, uint8 kind) external audited {
        Terms memory it = termsOf(workerFee, relayFee, ttl, kind);
        uint256 value = valueOf(it);
        bool refused = refusedWhilePaused();
        vm.prank(asker);
        bytes32 id = gateway.request{value: value}(it, INPUT, "");
        if (!refused) keep(it, id);
    }

    function askTwo(uint96 workerFee, uint32 ttl, uint8 kind, uint8 otherKind) external audited {
        Request[] memory batch = new Request[](2);
        batch[0] = Request(termsOf(workerFee, 1 ether, ttl, kind), INPUT, "");
        batch[1] = Request(termsOf(1 ether, workerFee, ttl, otherKind), INPUT, "");
        uint256 value = valueOf(batch[0].terms) + valueOf(batch[1].terms);
        bool refused = refusedWhilePaused();
        vm.prank(asker);
        bytes32[] memory ids = gateway.requestBatch{value: value}(batch);
        if (refused) return;
        keep(batch[0].terms, ids[0]);
        keep(batch[1].terms, ids[1]);
    }

    function answerOne(uint256 which, uint8 status, uint8 signers) external audited {
        if (all.length == 0) return;
        bytes[] memory items = new bytes[](1);
        items[0] = answerTo(all[which % all.length], status, signers);
        bring(items);
    }

    /// @dev One message for three, which may be the same, already settled or closed.
    function answerMany(uint256[3] calldata which, uint8 status, uint8 signers) external audited {
        if (all.length == 0) return;
        bytes[] memory items = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            items[i] = answerTo(all[which[i] % all.length], i == 0 ? status : 1, signers);
        }
        bring(items);
    }

    /// @dev Fewer signatures than the policy asks for, or an unknown status: nothing may come of it.
    function forge(uint256 which, uint8 status) external audited {
        if (all.length == 0 || gateway.isPaused()) return;
        Terms memory it = all[which % all.length];
        uint256 before = gateway.stateOf(gateway.idOf(it));
        deliver(answer(it, status, OUTPUT, status > 4 ? 2 : 1));
        assertEq(gateway.stateOf(gateway.idOf(it)), before);
    }

    function addToFee(uint256 which, uint64 amount) external audited {
        if (all.length == 0) return;
        Terms memory it = all[which % all.length];
        bytes32 id = gateway.idOf(it);
        bool open_ = stateOf(id) == RequestState.Open && block.timestamp <= timeOf(id) && !gateway.isPaused();
        vm.prank(asker);
        try gateway.topUp{value: it.feeToken == address(0) ? amount : 0}(it, amount) {
            assertTrue(open_ && amount > 0, "only to what is open");
            added[id] += amount;
            cameIn[it.feeToken] += amount;
        } catch {
            assertTrue(!open_ || amount == 0, "always to what is open");
        }
    }

    function callOff(uint256 which) external audited {
        if (all.length == 0) return;
        Terms memory it = all[which % all.length];
        bytes32 id = gateway.idOf(it);
        uint40 before = timeOf(id);
        vm.prank(asker);
        try gateway.cancel(it) {
            assertLt(timeOf(id), before, "only forward");
            assertGe(timeOf(id), block.timestamp + gateway.CANCEL_GRACE(), "never at once");
        } catch {}
    }

    function refund(uint256 which) external audited {
        if (all.length == 0) return;
        Terms memory it = all[which % all.length];
        bytes32 id = gateway.idOf(it);
        bool due = stateOf(id) == RequestState.Open && block.timestamp > timeOf(id);
        try gateway.expire(it) {
            assertTrue(due, "only what was left unanswered");
        } catch {
            assertFalse(due, "always, also while paused");
        }
    }

    /// @dev As the policy's verifier: disputes, upholds or overturns.
    function rule(uint256 which, uint8 verdict) external audited {
        if (all.length == 0) return;
        Terms memory it = all[which % all.length];
        bytes32 id = gateway.idOf(it);
        vm.startPrank(address(verifier));
        if (verdict % 3 == 0) {
            try gateway.dispute(it) {} catch {}
        } else if (verdict % 3 == 1) {
            try gateway.uphold(it) {} catch {}
        } else {
            try gateway.overturn(it, results[id], "") {
                results[id].status = 4;
            } catch {}
        }
        vm.stopPrank();
    }

    function finishWindow(uint256 which) external audited {
        if (all.length == 0) return;
        Terms memory it = all[which % all.length];
        bytes32 id = gateway.idOf(it);
        bool due = stateOf(id) == RequestState.Pending && block.timestamp > timeOf(id);
        try gateway.finalize(it, results[id], OUTPUT, "") {
            assertTrue(due, "only after the window");
            if (stateOf(id) == RequestState.Declined) results[id].status = 4;
        } catch {
            assertFalse(due, "always after the window");
        }
    }

    function revealOne(uint256 which) external audited {
        if (all.length == 0) return;
        Terms memory it = all[which % all.length];
        bytes32 id = gateway.idOf(it);
        bool awaited = hasResult(id) && gateway.stateOf(id) & AWAITED != 0;
        try gateway.reveal(it, results[id], OUTPUT, "") {
            assertTrue(awaited, "only what is awaited");
            assertEq(gateway.stateOf(id) & AWAITED, 0);
        } catch {
            assertFalse(awaited, "always what is awaited");
        }
    }

    function retryOne(uint256 which) external audited {
        if (all.length == 0) return;
        Terms memory it = all[which % all.length];
        bytes32 id = gateway.idOf(it);
        bool failed = hasResult(id) && gateway.stateOf(id) & FAILED != 0 && !moody.refuses();
        try gateway.retryCallback(it, results[id], OUTPUT, "") {
            assertTrue(failed, "only what failed");
        } catch {
            assertFalse(failed, "always what failed");
        }
    }

    function claimOne(uint256 which, bool another) external audited {
        address account = accounts()[which % accounts().length];
        address paidIn = which / accounts().length % 2 == 0 ? address(0) : address(token);
        if (gateway.credits(paidIn, account) == 0) return;
        if (another) {
            wentOut[paidIn][account] += gateway.claimFor(paidIn, account);
        } else {
            vm.prank(account);
            wentOut[paidIn][account] += gateway.claim(paidIn, address(0xCAFE));
        }
    }

    function changeFees(uint96 fee, bool accepted) external audited {
        vm.startPrank(owner);
        gateway.setProtocolFee(fee / 2 ** 40);
        gateway.setFeeToken(address(token), accepted, uint96(fee / 2 ** 50));
        vm.stopPrank();
    }

    function changeRecipient(bool back) external audited {
        vm.prank(owner);
        gateway.setProtocolFeeRecipient(back ? treasury : successor);
    }

    /// @dev Mostly not, so that more happens than claims and refunds.
    function pauseOrNot(uint8 chance) external audited {
        vm.startPrank(owner);
        if (gateway.isPaused()) gateway.unpause();
        else if (chance % 4 == 0) gateway.pause();
        vm.stopPrank();
    }

    function changeMood() external audited {
        moody.turn();
    }

    function wait(uint16 time) external audited {
        vm.warp(block.timestamp + time % 600);
    }

    /// @dev The deeds do what they are there for; else the random ones might pass without having done anything.
    function test_the_deeds_reach_every_end() public {
        uint8[4] memory kinds = [0, 4 | 8, 2 | 4, 8];
        for (uint256 i = 0; i < kinds.length; ++i) {
            this.ask(1 ether * 2 ** 32, 1 ether * 2 ** 32, 5_000, kinds[i]);
        }
        this.askTwo(1 ether * 2 ** 32, 100, 1, 8);
        this.addToFee(1, 7);
        this.changeMood();
        this.answerMany([uint256(0), 1, 2], 1, 2);
        this.changeMood();
        expectStates([RequestState.Delivered, RequestState.Pending, RequestState.Pending, RequestState.Open]);
        this.retryOne(0);
        assertEq(moody.toldFinally(gateway.idOf(all[0])), 1);
        this.revealOne(2);
        assertEq(moody.told(gateway.idOf(all[2])), 1);
        this.changeRecipient(false);
        this.rule(1, 0);
        this.rule(2, 2);
        this.answerOne(3, 3, 2);
        expectStates([RequestState.Delivered, RequestState.Pending, RequestState.Declined, RequestState.Declined]);
        this.rule(1, 1);
        this.wait(599);
        this.wait(599);
        this.finishWindow(1);
        this.refund(4);
        this.refund(5);
        expectStates([RequestState.Delivered, RequestState.Delivered, RequestState.Declined, RequestState.Declined]);
        assertEq(uint8(stateOf(gateway.idOf(all[4]))), uint8(RequestState.Expired));
        assertEq(paid[address(token)], total(all[1]) + 7);
        assertEq(refunded[address(token)], total(all[3]) + total(all[5]));
        for (uint256 i = 0; i < 2 * accounts().length; ++i) {
            this.claimOne(i, i % 3 == 0);
        }
        assertEq(address(gateway).balance + token.balanceOf(address(gateway)), 0, "all of it went out");
        this.invariant_every_unit_of_every_token_is_accounted_for();
        this.invariant_credits_are_what_was_escrowed_for_just_those();
        this.invariant_a_consumer_is_told_once_provisionally_and_once_finally();
    }

    /// @dev What came in and did not go out is held, and is exactly what is still escrowed or credited.
    function invariant_every_unit_of_every_token_is_accounted_for() public view {
        assertEq(address(gateway).balance, owed(address(0)));
        assertEq(address(gateway).balance, cameIn[address(0)] - out(address(0)));
        assertEq(token.balanceOf(address(gateway)), owed(address(token)));
        assertEq(token.balanceOf(address(gateway)), cameIn[address(token)] - out(address(token)));
    }

    /// @dev Payees got the escrow of delivered requests, whole, and nothing else; who is refunded, that of the others.
    /// Were one request paid and refunded, or either twice, one side would have more than was due to it.
    function invariant_credits_are_what_was_escrowed_for_just_those() public view {
        address[2] memory tokens = [address(0), address(token)];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 toPayees = 0;
            for (uint256 j = 0; j < accounts().length; ++j) {
                address account = accounts()[j];
                if (account != refundee) toPayees += gateway.credits(tokens[i], account) + wentOut[tokens[i]][account];
            }
            assertEq(toPayees, paid[tokens[i]], "paid");
            uint256 back = gateway.credits(tokens[i], refundee) + wentOut[tokens[i]][refundee];
            assertEq(back, refunded[tokens[i]], "refunded");
        }
    }

    function invariant_the_sequence_counts_the_requests() public view {
        assertEq(gateway.requestCount(), all.length);
    }

    function invariant_a_consumer_is_told_once_provisionally_and_once_finally() public view {
        for (uint256 i = 0; i < all.length; ++i) {
            bytes32 id = gateway.idOf(all[i]);
            assertLe(moody.told(id), all[i].policyId == windowed ? 1 : 0);
            assertLe(moody.toldFinally(id), ended(stateOf(id)) && all[i].callbackGasLimit > 0 ? 1 : 0);
        }
    }

    /// @dev The ways a request may go, and what it owes whom when it ends.
    function audit(Terms memory it) private {
        bytes32 id = gateway.idOf(it);
        RequestState before = seen[id];
        RequestState now_ = stateOf(id);
        if (now_ == before) return;
        assertFalse(ended(before), "an end is the end");
        assertTrue(now_ != RequestState.None && (before == RequestState.None || now_ != RequestState.Open), "forward");
        assertFalse(before == RequestState.Pending && now_ == RequestState.Expired, "what is answered never expires");
        seen[id] = now_;
        uint256 escrow = total(it) + added[id];
        if (now_ == RequestState.Delivered) paid[it.feeToken] += escrow;
        else if (ended(now_)) refunded[it.feeToken] += escrow;
    }

    function ended(RequestState state) private pure returns (bool) {
        return state == RequestState.Delivered || state == RequestState.Declined || state == RequestState.Expired;
    }

    function hasResult(bytes32 id) private view returns (bool) {
        RequestState state = stateOf(id);
        return ended(state) ? state != RequestState.Expired : state == RequestState.Pending;
    }

    function termsOf(uint96 workerFee, uint96 relayFee, uint32 ttl, uint8 kind) private view returns (Terms memory it) {
        it = terms();
        it.salt = 0;
        it.consumer = address(moody);
        it.callbackGasLimit = kind & 1 == 0 ? 100_000 : 0;
        it.outputMode = kind & 2 == 0 ? 0 : 1;
        if (kind & 4 != 0) it.policyId = windowed;
        (bool accepted, uint96 fee) = gateway.feeTokenOf(address(token));
        if (kind & 8 != 0 && accepted) (it.feeToken, it.protocolFee) = (address(token), fee);
        (it.workerFee, it.relayFee) = (workerFee / 2 ** 32, relayFee / 2 ** 32);
        it.deadline = uint40(block.timestamp + bound(ttl, 60, 8_000));
    }

    function valueOf(Terms memory it) private pure returns (uint256) {
        return it.feeToken == address(0) ? total(it) : 0;
    }

    /// @dev Where the gateway is paused, the call that comes next has to say so.
    function refusedWhilePaused() private returns (bool paused) {
        paused = gateway.isPaused();
        if (paused) vm.expectRevert(IInferenceGateway.IsPaused.selector);
    }

    function keep(Terms memory it, bytes32 id) private {
        it.salt = bytes32(nextSeq++);
        assertEq(gateway.idOf(it), id, "the sequence has no gap");
        all.push(it);
        cameIn[it.feeToken] += total(it);
    }

    /// @dev Also notes what it settles its request with, if it does.
    function answerTo(Terms memory it, uint8 status, uint8 signers) private returns (bytes memory) {
        bytes32 id = gateway.idOf(it);
        uint256 count = bound(signers, 2, 3);
        Item memory item = answer(it, uint8(bound(status, 1, 4)), OUTPUT, count);
        if (it.outputMode == 1 && item.status == 1) item.output = "";
        bool taken = stateOf(id) == RequestState.Open && block.timestamp <= timeOf(id) && !gateway.isPaused();
        if (taken && results[id].status == 0) results[id] = resultOf(item, added[id], count);
        return Encoder.item(item);
    }

    function bring(bytes[] memory items) private {
        refusedWhilePaused();
        deliver(Encoder.body(items));
    }

    function timeOf(bytes32 id) private view returns (uint40) {
        return uint40(gateway.stateOf(id) >> 16);
    }

    function owed(address paidIn) private view returns (uint256 sum) {
        for (uint256 i = 0; i < all.length; ++i) {
            bytes32 id = gateway.idOf(all[i]);
            if (!ended(stateOf(id)) && all[i].feeToken == paidIn) sum += total(all[i]) + added[id];
        }
        for (uint256 i = 0; i < accounts().length; ++i) {
            sum += gateway.credits(paidIn, accounts()[i]);
        }
    }

    function expectStates(RequestState[4] memory states) private view {
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(uint8(stateOf(gateway.idOf(all[i]))), uint8(states[i]), vm.toString(i));
        }
    }

    function out(address paidIn) private view returns (uint256 sum) {
        for (uint256 i = 0; i < accounts().length; ++i) {
            sum += wentOut[paidIn][accounts()[i]];
        }
    }

    function accounts() private view returns (address[7] memory) {
        return [payeeAt(0), payeeAt(1), payeeAt(2), relayer, treasury, successor, refundee];
    }
}
