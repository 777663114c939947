import { isRevert } from "../answer.js";

// What nodes and gateways say when they cannot answer now. Limits: EIP-1474's -32005, 429 and QuickNode's -32007. Others: -32002 (resource
// unavailable), -32001 for a block anvil does not know, -32601 for a method a provider does not offer.
const LIMIT_CODES = new Set([-32005, -32007, 429]);
const LIMIT_TEXT =
  /rate.?limit|request limit (exceeded|reached)|limit exceeded|too many requests|compute units per second|capacity/i;
const PASSING_CODES = new Set([-32601, -32002, -32001]);
const PASSING_TEXT = /timed? ?out|header not found|unknown block|block not found|missing trie node|busy|overloaded/i;
// A range or a list that is too large is no matter of time: asking for less helps, waiting does not.
const TOO_MUCH = /range|results|response size|batch/i;

/** True where a provider says that it is asked too often. */
export function isLimit(code: number, message: string): boolean {
  // A contract may say "limit exceeded" too.
  if (isRevert(code, message) || TOO_MUCH.test(message)) return false;
  return LIMIT_CODES.has(code) || LIMIT_TEXT.test(message);
}

/** True for an error that says nothing about the chain, only about the provider at this moment. */
export function isPassing(code: number, message: string): boolean {
  return !isRevert(code, message) && (PASSING_CODES.has(code) || PASSING_TEXT.test(message));
}
