// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {InferenceConsumer} from "../src/InferenceConsumer.sol";
import {IInferenceGateway} from "../src/interfaces/IInferenceGateway.sol";
import {Terms} from "../src/types/Terms.sol";
import {Item} from "./support/Encoder.sol";
import {GatewayTest} from "./support/GatewayTest.sol";

/// @notice Pays from its own balance what the base contract says that it costs.
contract SelfPayingConsumer is InferenceConsumer {
    bytes32 public last;
    uint256 public answers;

    constructor(IInferenceGateway gateway_) InferenceConsumer(gateway_) {}

    receive() external payable {}

    function ask(Question memory question, bytes memory input) external returns (bytes32 id) {
        id = _ask(question, input, "", _price(question));
    }

    function price(Question memory question) external view returns (uint256) {
        return _price(question);
    }

    function _onAnswer(bytes32 id, bytes calldata, uint8, bytes calldata, bool) internal override {
        last = id;
        ++answers;
    }
}

/// @notice The base contract beyond what the example shows of it; see AskDapp.t.sol.
contract InferenceConsumerTest is GatewayTest {
    SelfPayingConsumer private self;

    function setUp() public override {
        super.setUp();
        self = new SelfPayingConsumer(gateway);
        deal(address(self), TOTAL);
    }

    function test_the_price_is_exactly_what_the_gateway_takes_whatever_the_fee_is_now() public {
        InferenceConsumer.Question memory it = question();
        assertEq(self.price(it), TOTAL);
        self.ask(it, INPUT);
        assertEq(address(self).balance, 0);
        vm.prank(owner);
        gateway.setProtocolFee(PROTOCOL_FEE * 2);
        assertEq(self.price(it), TOTAL + PROTOCOL_FEE);
        deal(address(self), TOTAL);
        vm.expectRevert();
        self.ask(it, INPUT);
        deal(address(self), TOTAL + PROTOCOL_FEE);
        self.ask(it, INPUT);
        assertEq(address(self).balance, 0);
    }

    function test_it_takes_one_final_answer_from_the_gateway_and_none_from_elsewhere() public {
        bytes32 id = self.ask(question(), INPUT);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotGateway.selector, address(this)));
        self.onInference(id, address(self), "", 1, OUTPUT, true);
        vm.startPrank(address(gateway));
        self.onInference(id, address(self), "", 1, OUTPUT, false);
        self.onInference(id, address(self), "", 1, OUTPUT, true);
        assertEq(self.last(), id);
        assertEq(self.answers(), 2, "one before it was final, one final");
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotAsked.selector, id));
        self.onInference(id, address(self), "", 1, OUTPUT, true);
        bytes32 other = keccak256("not asked");
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotAsked.selector, other));
        self.onInference(other, address(self), "", 1, OUTPUT, true);
    }

    /// @dev Anyone can ask in its own name and name this contract as the consumer: the callback is refused.
    function test_an_answer_to_anothers_request_is_refused() public {
        Terms memory it = terms();
        it.consumer = address(self);
        bytes32 id = open(it);
        Item memory item = answer(it);
        bytes memory reason = abi.encodeWithSelector(InferenceConsumer.NotAsked.selector, id);
        vm.expectEmit(address(gateway));
        emit IInferenceGateway.CallbackFailed(id, reason);
        deliver(item);
        assertEq(self.answers(), 0);
    }

    function question() private view returns (InferenceConsumer.Question memory) {
        return InferenceConsumer.Question({
            modelId: keccak256("model"),
            policyId: policyId,
            workerFee: WORKER_FEE,
            relayFee: RELAY_FEE,
            deadline: uint40(block.timestamp) + 600,
            callbackGasLimit: 200_000,
            refundTo: refundee
        });
    }
}
