// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IWorkerSets} from "./interfaces/IWorkerSets.sol";

/// @notice See `IWorkerSets`. It has no owner: each set has only its own admin and guardian.
contract WorkerSets is IWorkerSets {
    struct Roles {
        address admin;
        address guardian;
    }

    /// @inheritdoc IWorkerSets
    /// @dev Longer than the gateway's `MAX_TTL`, and not just as long, since a request still takes results in its last
    /// second: who is announced after a request was made can never vouch for it, so the workers of an open request only
    /// become fewer.
    uint40 public constant override ADDITION_DELAY = 8 days;

    /// @inheritdoc IWorkerSets
    uint32 public override setCount;
    mapping(uint32 setId => Roles) private _roles;
    mapping(uint32 setId => mapping(address key => Member)) private _members;

    /// @inheritdoc IWorkerSets
    function registerSet(
        address admin,
        address guardian,
        Worker[] calldata workers
    )
        external
        override
        returns (uint32 setId)
    {
        if (admin == address(0)) revert ZeroAddress();
        if (workers.length == 0) revert EmptySet();
        setId = ++setCount;
        _roles[setId] = Roles(admin, guardian);
        emit SetRegistered(setId, admin, guardian);
        for (uint256 i = 0; i < workers.length; ++i) {
            _add(setId, workers[i].key, workers[i].operator, uint40(block.timestamp));
        }
    }

    /// @inheritdoc IWorkerSets
    function addMember(uint32 setId, address key, address operator) external override {
        Roles memory roles = _existing(setId);
        if (msg.sender != roles.admin) revert NotSetAdmin(setId, roles.admin, msg.sender);
        _add(setId, key, operator, uint40(block.timestamp) + ADDITION_DELAY);
    }

    /// @inheritdoc IWorkerSets
    function removeMember(uint32 setId, address key) external override {
        Roles memory roles = _existing(setId);
        if (msg.sender != roles.admin && msg.sender != roles.guardian) revert NotSetGuardian(setId, msg.sender);
        Member storage member = _members[setId][key];
        if (member.operator == address(0) || member.until != 0) revert NotMember(setId, key);
        member.until = uint40(block.timestamp);
        emit MemberRemoved(setId, key, msg.sender);
    }

    /// @inheritdoc IWorkerSets
    function rolesOf(uint32 setId) external view override returns (address admin, address guardian) {
        Roles memory roles = _existing(setId);
        return (roles.admin, roles.guardian);
    }

    /// @inheritdoc IWorkerSets
    function memberOf(uint32 setId, address key) external view override returns (Member memory) {
        return _members[setId][key];
    }

    /// @inheritdoc IWorkerSets
    function operatorOf(uint32 setId, address key) external view override returns (address operator) {
        Member storage member = _members[setId][key];
        bool votes = member.since <= block.timestamp && (member.until == 0 || block.timestamp < member.until);
        return votes ? member.operator : address(0);
    }

    function _add(uint32 setId, address key, address operator, uint40 since) private {
        if (key == address(0) || operator == address(0)) revert ZeroAddress();
        if (_members[setId][key].operator != address(0)) revert KeyUsedBefore(setId, key);
        _members[setId][key] = Member(operator, since, 0);
        emit MemberAdded(setId, key, operator, since);
    }

    function _existing(uint32 setId) private view returns (Roles memory) {
        if (setId == 0 || setId > setCount) revert UnknownSet(setId, setCount);
        return _roles[setId];
    }
}
