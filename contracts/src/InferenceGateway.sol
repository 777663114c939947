// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceGateway} from "./interfaces/IInferenceGateway.sol";
import {Governance} from "./gateway/Governance.sol";
import {Requests} from "./gateway/Requests.sol";
import {Results} from "./gateway/Results.sol";

/// @notice See `IInferenceGateway`. Requests (gateway/Requests.sol) come in and are refunded, results
/// (gateway/Results.sol) settle them under policies (gateway/Policies.sol), fees are credited and claimed
/// (gateway/Credits.sol); what the owner can do is all in gateway/Governance.sol.
contract InferenceGateway is Results {
    address private immutable _ISM;

    /// @param mailbox Hyperlane's Mailbox on this chain, the only caller of `handle`
    /// @param ism Security module of messages to this gateway; fixed, so that nobody can loosen it
    /// @param owner Enrols hubs and sets the protocol fee; a timelock in production
    /// @param recipient Who is credited protocol fees
    constructor(
        address mailbox,
        address ism,
        address owner,
        address recipient
    )
        Governance(owner, recipient)
        Results(mailbox)
    {
        if (ism == address(0)) revert ZeroAddress();
        _ISM = ism;
    }

    /// @inheritdoc IInferenceGateway
    function interchainSecurityModule() public view override returns (address) {
        return _ISM;
    }

    /// @inheritdoc Requests
    function _isForbidden(address consumer) internal view override returns (bool) {
        return consumer == address(this) || consumer == mailbox() || consumer == interchainSecurityModule();
    }
}
