// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {IWorkerSets} from "../interfaces/IWorkerSets.sol";
import {AnswerHash} from "../libraries/AnswerHash.sol";
import {CalldataWord} from "../libraries/CalldataWord.sol";
import {Policy} from "../types/Policy.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Accepts a result that `policy.k` distinct operators of the set `policy.setId` have signed. Proof: count 1 |
/// count times (payee 20 | r 32 | s 32 | v 1), signers strictly ascending; wire/src/result.ts writes it.
contract AttestedVerifier is IProofVerifier {
    using CalldataWord for bytes;

    /// @notice The proof is not as long as its count says.
    error ProofLength(uint256 required, uint256 given);
    /// @notice More signatures, or a policy that asks for more, than `MAX_SIGNATURES`.
    error TooManySignatures(uint256 limit, uint256 given);
    /// @notice Fewer operators signed than the policy asks for; a policy that asks for none vouches for nothing.
    error NotEnoughOperators(uint256 required, uint256 given);
    /// @notice Signature `index` is not one: no key, s in the upper half, or v neither 27 nor 28.
    error InvalidSignature(uint256 index);
    /// @notice Signers are not strictly ascending, so one may sign twice.
    error SignersNotAscending(address previous, address signer);
    /// @notice The signer may not vouch in this set now.
    error NotInSet(uint32 setId, address signer);
    /// @notice Two of the signers belong to one operator.
    error OperatorRepeated(address operator);
    /// @notice The payee of signature `index` is zero.
    error ZeroPayee(uint256 index);
    /// @notice The policy promises less gas than k signatures take; no proof could ever pass under it.
    error VerifyGasTooLow(uint256 required, uint256 given);

    /// @notice Most signatures a proof may carry.
    uint256 public constant MAX_SIGNATURES = 32;
    uint256 private constant VOTE_LENGTH = 85;
    // What a call takes at most, every account and slot cold, with room: GatewayGas.t.sol delivers with no more than this.
    uint256 private constant BASE_GAS = 12_000;
    uint256 private constant SIGNATURE_GAS = 9_000;
    /// @dev Half of secp256k1's order (EIP-2): with the other s a signature would have a second form.
    uint256 private constant MOST_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @notice The registry of sets.
    IWorkerSets public immutable sets;

    constructor(IWorkerSets sets_) {
        sets = sets_;
    }

    /// @inheritdoc IProofVerifier
    function level() external pure override returns (uint8) {
        return 1;
    }

    /// @notice The least `verifyGas` a policy of `k` signatures must promise.
    function minVerifyGas(uint8 k) public pure returns (uint256) {
        return BASE_GAS + k * SIGNATURE_GAS;
    }

    /// @inheritdoc IProofVerifier
    /// @dev Whoever registers a set that a policy named in advance would own that policy.
    function checkPolicy(Policy calldata policy) external view override {
        uint32 count = sets.setCount();
        if (policy.setId == 0 || policy.setId > count) revert IWorkerSets.UnknownSet(policy.setId, count);
        if (policy.k > MAX_SIGNATURES) revert TooManySignatures(MAX_SIGNATURES, policy.k);
        uint256 required = minVerifyGas(policy.k);
        if (policy.verifyGas < required) revert VerifyGasTooLow(required, policy.verifyGas);
    }

    /// @inheritdoc IProofVerifier
    function verify(
        Policy calldata policy,
        Terms calldata,
        Claim calldata claim,
        bytes calldata proof
    )
        external
        view
        override
        returns (address[] memory payees)
    {
        uint256 count = proof.length == 0 ? 0 : uint8(bytes1(proof.word(0)));
        _checkLength(count, proof.length);
        if (count > MAX_SIGNATURES) revert TooManySignatures(MAX_SIGNATURES, count);
        if (count < policy.k || count == 0) revert NotEnoughOperators(policy.k, count);

        payees = new address[](count);
        address[] memory operators = new address[](count);
        uint256 answer = AnswerHash.layOut(claim);
        uint32 setId = policy.setId;
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            (address payee, bytes32 r, bytes32 s, uint8 v) = _voteAt(proof, i);
            if (payee == address(0)) revert ZeroPayee(i);
            payees[i] = payee;
            if (uint256(s) > MOST_S) revert InvalidSignature(i);
            address signer = ecrecover(AnswerHash.digestFor(answer, payee), v, r, s);
            // Zero, where there is no key or v is neither 27 nor 28, is not above any signer.
            if (signer <= previous) {
                if (signer == address(0)) revert InvalidSignature(i);
                revert SignersNotAscending(previous, signer);
            }
            previous = signer;
            address operator = sets.operatorOf(setId, signer);
            if (operator == address(0)) revert NotInSet(setId, signer);
            _addOperator(operators, i, operator);
        }
    }

    /// @dev Every signer counts as another operator, so that keys of one operator can neither reach k nor take a second
    /// share of the fee. Assembly spares the bounds checks of a list that is as long as the proof says.
    function _addOperator(address[] memory operators, uint256 count, address operator) private pure {
        bool repeated;
        assembly ("memory-safe") {
            let at := add(operators, 0x20)
            let end := add(at, shl(5, count))
            for {} lt(at, end) { at := add(at, 0x20) } { repeated := or(repeated, eq(mload(at), operator)) }
            mstore(end, operator)
        }
        if (repeated) revert OperatorRepeated(operator);
    }

    function _checkLength(uint256 count, uint256 length) private pure {
        // `count` was one byte.
        unchecked {
            uint256 required = 1 + count * VOTE_LENGTH;
            if (length != required) revert ProofLength(required, length);
        }
    }

    /// @dev Assembly because positions below the checked length cannot overflow.
    function _voteAt(
        bytes calldata proof,
        uint256 index
    )
        private
        pure
        returns (address payee, bytes32 r, bytes32 s, uint8 v)
    {
        assembly ("memory-safe") {
            let at := add(add(proof.offset, 1), mul(index, VOTE_LENGTH))
            payee := shr(96, calldataload(at))
            r := calldataload(add(at, 20))
            s := calldataload(add(at, 52))
            v := byte(0, calldataload(add(at, 84)))
        }
    }
}
