import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { proofVerifierAbi } from "@herald/wire/abi/ProofVerifier";
import { decodeResultsBody } from "@herald/wire/body";
import { formatFact, HeraldError, isHeraldError } from "@herald/wire/errors";
import { answerStatuses, answerStatusName } from "@herald/wire/lifecycle";
import { decodeResultItem, type ResultItem } from "@herald/wire/result";
import { outputModes } from "@herald/wire/terms";
import { type GatewayRef, gatewayDomain, requestIdOf } from "@herald/wire/typedData";
import {
  type Address,
  domainSeparator,
  type Hex,
  isAddressEqual,
  keccak256,
  type PublicClient,
  pad,
  zeroAddress,
} from "viem";
import { type DispatchedMessage, dispatchedMessages } from "../hyperlane/dispatchedMessages.js";
import { causes } from "../send/errorText.js";
import { revertData, revertReason } from "../send/simulate.js";
import { type Finality, readFinal } from "../watch/finality.js";
import type { LeafCheck } from "./leafCheck.js";

/** A chain whose requests the hub's results answer. */
export interface CheckedOrigin {
  readonly name: string;
  /** Its Hyperlane domain. */
  readonly domain: number;
  readonly gateway: GatewayRef;
  /** Quorum client of this chain: what it says is what a signature is given for. */
  readonly client: PublicClient;
  /** What of the chain is believed. */
  readonly finality: Finality;
}

/** Output bytes a gateway takes (`MAX_OUTPUT_BYTES`). */
const MAX_OUTPUT_BYTES = 16_384;

/**
 * Confirms result messages on their origin itself: every item's request is one the gateway knows, its policy exists, what travels has the
 * hashes that were signed, and the policy's verifier accepts the workers' signatures. So no relayer, and no stolen publisher's key, can have a
 * result signed that workers did not vouch for. Messages that go to no gateway are none of its business.
 */
export function createResultCheck(parameters: {
  /** Quorum client of the hub. */
  readonly client: PublicClient;
  readonly mailbox: Address;
  readonly resultHub: Address;
  readonly origins: readonly CheckedOrigin[];
}): LeafCheck {
  const { client, mailbox, resultHub, origins } = parameters;

  async function check(messageId: Hex, index: number, transactionHash: Hex): Promise<void> {
    const receipt = await client.getTransactionReceipt({ hash: transactionHash });
    const message = dispatchedMessages(receipt).find((it) => it.messageId === messageId);
    const isHere = message?.insertions.some((it) => it.index === index) && isAddressEqual(message.mailbox, mailbox);
    if (message === undefined || !isHere) {
      throw refusal("VALIDATOR_LEAF_GONE", "The transaction no longer inserts the leaf.", { transactionHash });
    }
    const { sender, destination, recipient } = message;
    const origin = origins.find((it) => it.domain === destination);
    const isOurs = sender === pad(resultHub, { size: 32 }).toLowerCase();
    const isToGateway = origin !== undefined && recipient === pad(origin.gateway.gateway, { size: 32 }).toLowerCase();
    if (!isOurs && !isToGateway) return;
    if (!isOurs) {
      throw refusal("VALIDATOR_STRANGE_SENDER", "A message to a gateway does not come from the result hub.", {
        sender,
      });
    }
    if (origin === undefined) {
      throw refusal(
        "VALIDATOR_ORIGIN_UNKNOWN",
        "The result goes to a chain this validator cannot confirm it on.",
        { destination },
        "Configure the chain among the validator's origins.",
      );
    }
    if (!isToGateway) {
      const facts = { recipient, gateway: origin.gateway.gateway };
      throw refusal("VALIDATOR_WRONG_GATEWAY", "The result goes to something else than the chain's gateway.", facts);
    }
    await confirm(message, origin);
  }

  return {
    async examine({ messageId, index, transactionHash }) {
      try {
        await check(messageId, index, transactionHash);
        return undefined;
      } catch (error) {
        const own = [...causes(error)].find(isHeraldError);
        if (own !== undefined) return { code: own.code, reason: wordsOf(own), actor: own.actor };
        const reason = error instanceof Error ? error.message : String(error);
        return { code: "VALIDATOR_CHECK_FAILED", reason: reason.slice(0, 500), actor: "upstream" };
      }
    },
  };
}

/** All of it at one block, so that no two of its reads speak of different states. */
async function confirm(message: DispatchedMessage, origin: CheckedOrigin): Promise<void> {
  const { client, finality } = origin;
  const final = await readFinal(client, finality, await client.getBlockNumber({ cacheTime: 0 }));
  if (final.number < 0n) {
    throw refusal("VALIDATOR_REQUEST_UNKNOWN", "The origin has no final block yet.", { origin: origin.name });
  }
  const blockHash = final.hash ?? (await client.getBlock({ blockNumber: final.number })).hash;
  const items = decodeResultsBody(message.body);
  await Promise.all(items.map((item, at) => confirmItem(decodeResultItem(item), at, origin, blockHash)));
}

async function confirmItem(item: ResultItem, at: number, origin: CheckedOrigin, blockHash: Hex): Promise<void> {
  const { terms, proof } = item;
  const { client, gateway: ref, name } = origin;
  const id = requestIdOf(ref, terms);
  const facts = { origin: name, requestId: id, item: at };
  const gateway = { address: ref.gateway, abi: inferenceGatewayAbi, blockHash } as const;
  const [state, policy] = await Promise.all([
    client.readContract({ ...gateway, functionName: "stateOf", args: [id] }),
    client.readContract({ ...gateway, functionName: "policyOf", args: [terms.policyId] }),
  ]);
  if (state === 0n) {
    throw refusal("VALIDATOR_REQUEST_UNKNOWN", "The origin's gateway knows no such request at its final block.", facts);
  }
  if (isAddressEqual(policy.verifier, zeroAddress)) {
    throw refusal("VALIDATOR_POLICY_UNKNOWN", "The origin's gateway knows no such policy.", {
      ...facts,
      policyId: terms.policyId,
    });
  }
  const mismatch = mismatchOf(item);
  if (mismatch !== undefined) {
    throw refusal("VALIDATOR_RESULT_MISMATCH", "What the message carries is not what its hashes say.", {
      ...facts,
      mismatch,
    });
  }
  const { status, outputHash, evidenceHash, relayer } = item;
  const separator = domainSeparator({ domain: gatewayDomain(ref) });
  const claim = { id, domainSeparator: separator, status, outputHash, evidenceHash, relayer };
  const args = [policy, terms, claim, proof] as const;
  try {
    const verifier = { address: policy.verifier, abi: proofVerifierAbi, blockHash } as const;
    const payees = await client.readContract({ ...verifier, functionName: "verify", args });
    if (payees.length > 0) return;
  } catch (error) {
    const data = revertData(error);
    if (data === undefined) throw error;
    throw proofRefused({ ...facts, verifier: policy.verifier, reason: revertReason(data) });
  }
  throw proofRefused({ ...facts, verifier: policy.verifier, reason: "it vouches for nobody" });
}

/** What the gateway checks before it asks the verifier (contracts/src/gateway/Results.sol). */
function mismatchOf({ terms, status, outputHash, relayer, context, output }: ResultItem): string | undefined {
  if (answerStatusName(status) === undefined) return `status ${status}`;
  if (isAddressEqual(relayer, zeroAddress)) return "no relayer";
  if (!isAddressEqual(terms.relayer, zeroAddress) && !isAddressEqual(terms.relayer, relayer)) return "another relayer";
  if ((output.length - 2) / 2 > MAX_OUTPUT_BYTES) return `output above ${MAX_OUTPUT_BYTES} bytes`;
  const isAnswered = status === answerStatuses.ok;
  if (isAnswered && terms.outputMode === outputModes.hash) {
    if (output !== "0x") return "an output that was asked for by its hash";
  } else if ((isAnswered || output !== "0x") && keccak256(output) !== outputHash) return "output";
  return keccak256(context) === terms.contextHash ? undefined : "context";
}

function proofRefused(facts: Record<string, unknown>): HeraldError {
  return refusal("VALIDATOR_PROOF_REFUSED", "The policy's verifier does not accept the workers' signatures.", facts);
}

function refusal(
  code: `VALIDATOR_${string}`,
  message: string,
  facts: Record<string, unknown>,
  fix = "Look at who published the message: an honest relayer publishes only what can be confirmed.",
): HeraldError {
  return new HeraldError({ code, message, facts, fix, actor: "operator", retry: { afterMs: 10_000 } });
}

function wordsOf(error: HeraldError): string {
  const facts = Object.entries(error.facts).map(([name, value]) => `${name} ${formatFact(value)}`);
  return facts.length === 0 ? error.message : `${error.message} (${facts.join(", ")})`;
}
