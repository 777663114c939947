// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {Policy} from "../types/Policy.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Makes a struct of words that lie in memory already: `StructAt.terms()(at)`.
/// @dev A function that returned the struct would first allocate and zero another one, some 15 gas a word. So the
/// identity on pointers is returned, under the type of a function that makes a struct of one.
library StructAt {
    function terms() internal pure returns (function(uint256) internal pure returns (Terms memory) cast) {
        function(uint256) internal pure returns (uint256) same = _same;
        assembly ("memory-safe") {
            cast := same
        }
    }

    function policy() internal pure returns (function(uint256) internal pure returns (Policy memory) cast) {
        function(uint256) internal pure returns (uint256) same = _same;
        assembly ("memory-safe") {
            cast := same
        }
    }

    function claim()
        internal
        pure
        returns (function(uint256) internal pure returns (IProofVerifier.Claim memory) cast)
    {
        function(uint256) internal pure returns (uint256) same = _same;
        assembly ("memory-safe") {
            cast := same
        }
    }

    function _same(uint256 at) private pure returns (uint256) {
        return at;
    }
}
