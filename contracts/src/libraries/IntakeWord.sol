// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice The one word that every request reads and writes.
/// @dev From the lowest byte: requestCount 64 | protocolFee 96 | paused 8 | sunset 8 | policyId 32 | minTtl 24. The last
/// two remember the policy of the last request, so that the next one under it reads no other slot; a policy never
/// changes, so neither does what is remembered of it. A word and not a struct, because Solidity writes the members of a
/// struct one by one, 100 gas each.
library IntakeWord {
    uint256 private constant PAUSED = 1 << 160;
    uint256 private constant SUNSET = 1 << 168;
    uint256 private constant FEE = uint256(type(uint96).max) << 64;

    function requestCount(uint256 word) internal pure returns (uint64) {
        return uint64(word);
    }

    function protocolFee(uint256 word) internal pure returns (uint96) {
        return uint96(word >> 64);
    }

    function isPaused(uint256 word) internal pure returns (bool) {
        return word & PAUSED != 0;
    }

    function isSunset(uint256 word) internal pure returns (bool) {
        return word & SUNSET != 0;
    }

    function policyId(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 176);
    }

    function minTtl(uint256 word) internal pure returns (uint24) {
        return uint24(word >> 208);
    }

    function withFee(uint256 word, uint96 fee) internal pure returns (uint256) {
        return word & ~FEE | uint256(fee) << 64;
    }

    function withPaused(uint256 word, bool paused) internal pure returns (uint256) {
        return paused ? word | PAUSED : word & ~PAUSED;
    }

    function withSunset(uint256 word) internal pure returns (uint256) {
        return word | SUNSET;
    }

    /// @notice The word that remembers another policy.
    function withPolicy(uint256 word, uint32 policyId_, uint24 minTtl_) internal pure returns (uint256) {
        return uint256(uint176(word)) | uint256(policyId_) << 176 | uint256(minTtl_) << 208;
    }

    /// @notice The word with one request more; nobody sends 2^64.
    function withNext(uint256 word) internal pure returns (uint256) {
        unchecked {
            return word + 1;
        }
    }
}
