import { parseAbi } from "viem";

// The few functions and events used, from @hyperlane-xyz/core 11.3.1; the tests run them against the published bytecode.

export const mailboxAbi = parseAbi([
  "event Dispatch(address indexed sender, uint32 indexed destination, bytes32 indexed recipient, bytes message)",
  "event DispatchId(bytes32 indexed messageId)",
  "function delivered(bytes32 messageId) view returns (bool)",
  "function processedAt(bytes32 messageId) view returns (uint48)",
  "function recipientIsm(address recipient) view returns (address)",
  "function process(bytes metadata, bytes message) payable",
]);

export const merkleTreeHookAbi = parseAbi([
  "event InsertedIntoTree(bytes32 messageId, uint32 index)",
  "struct Tree { bytes32[32] branch; uint256 count; }",
  "function count() view returns (uint32)",
  "function root() view returns (bytes32)",
  "function tree() view returns (Tree)",
]);

export const securityModuleAbi = parseAbi([
  "function moduleType() view returns (uint8)",
  "function verify(bytes metadata, bytes message) returns (bool)",
]);

export const multisigIsmAbi = parseAbi([
  "function validatorsAndThreshold(bytes message) view returns (address[], uint8)",
]);

export const aggregationIsmAbi = parseAbi([
  "function modulesAndThreshold(bytes message) view returns (address[], uint8)",
]);

export const routingIsmAbi = parseAbi(["function route(bytes message) view returns (address)"]);

export const nullIsmAbi = parseAbi([
  "function trustedRelayer() view returns (address)",
  "function paused() view returns (bool)",
]);

export const ccipReadIsmAbi = parseAbi([
  "error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData)",
  "function getOffchainVerifyInfo(bytes message) view",
]);

export const gasPaymasterAbi = parseAbi([
  "event GasPayment(bytes32 indexed messageId, uint32 indexed destinationDomain, uint256 gasAmount, uint256 payment)",
]);

export const validatorAnnounceAbi = parseAbi([
  "function announce(address validator, string storageLocation, bytes signature) returns (bool)",
  "function getAnnouncedStorageLocations(address[] validators) view returns (string[][])",
]);
