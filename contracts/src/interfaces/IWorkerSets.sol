// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Who may vouch for results on this chain. Anyone may register a set and becomes its admin. A set is
/// append-only: members are added slowly (`ADDITION_DELAY` after they are announced) and removed at once, and no other
/// chain can change it.
interface IWorkerSets {
    /// @notice A worker's key in a set.
    /// @param operator Who owns the worker; policies count distinct operators
    /// @param since Unix seconds from which it may vouch
    /// @param until Unix seconds from which it may no longer vouch; 0 = still a member
    struct Member {
        address operator;
        uint40 since;
        uint40 until;
    }

    /// @notice A key and its operator, as given at registration.
    struct Worker {
        address key;
        address operator;
    }

    /// @notice A set was registered. Its first members may vouch at once.
    event SetRegistered(uint32 indexed setId, address indexed admin, address indexed guardian);
    /// @notice `key` may vouch from `since` on.
    event MemberAdded(uint32 indexed setId, address indexed key, address indexed operator, uint40 since);
    /// @notice `key` may no longer vouch.
    event MemberRemoved(uint32 indexed setId, address indexed key, address indexed by);

    /// @notice Set `setId` does not exist; `count` do, numbered from 1.
    error UnknownSet(uint32 setId, uint32 count);
    /// @notice Only `allowed` may do this, `caller` is not.
    error NotSetAdmin(uint32 setId, address allowed, address caller);
    /// @notice Only the set's admin or guardian may remove members.
    error NotSetGuardian(uint32 setId, address caller);
    /// @notice The key was a member before; a removed key never comes back.
    error KeyUsedBefore(uint32 setId, address key);
    /// @notice The key is not a member.
    error NotMember(uint32 setId, address key);
    /// @notice Keys, operators and admins are not zero.
    error ZeroAddress();
    /// @notice A set has at least one member.
    error EmptySet();

    /// @notice Seconds between the announcement of a new member and its first vote.
    function ADDITION_DELAY() external view returns (uint40);

    /// @notice Registers a set; its first members may vouch at once, since no request can name it yet. Ids are counted,
    /// so a reorg can give one to another set: name it in a policy once its registration is final.
    /// @param admin May add members (slowly) and remove them; a timelock in production
    /// @param guardian May only remove members, at once
    function registerSet(address admin, address guardian, Worker[] calldata workers) external returns (uint32 setId);

    /// @notice Announces a member, which may vouch `ADDITION_DELAY` later. Only the set's admin.
    function addMember(uint32 setId, address key, address operator) external;

    /// @notice Removes a member at once. Only the set's admin or guardian.
    function removeMember(uint32 setId, address key) external;

    /// @notice How many sets there are; they are numbered from 1.
    function setCount() external view returns (uint32);

    /// @notice The set's admin and guardian.
    function rolesOf(uint32 setId) external view returns (address admin, address guardian);

    /// @notice The record of a key; zero operator if it never was a member.
    function memberOf(uint32 setId, address key) external view returns (Member memory);

    /// @notice The operator of a key that may vouch now, or zero.
    function operatorOf(uint32 setId, address key) external view returns (address operator);
}
