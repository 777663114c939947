// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// The bytecode that is deployed, for `deployCode`: `new` would take what the tests' own compiler settings make of the
// source.
string constant GATEWAY = "out/InferenceGateway.sol/InferenceGateway.json";
string constant WORKER_SETS = "out/WorkerSets.sol/WorkerSets.json";
string constant ATTESTED_VERIFIER = "out/AttestedVerifier.sol/AttestedVerifier.json";
string constant RESULT_HUB = "out/ResultHub.sol/ResultHub.json";
string constant ASK_DAPP = "out/AskDapp.sol/AskDapp.json";
