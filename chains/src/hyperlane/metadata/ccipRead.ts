import { HeraldError } from "@herald/wire/errors";
import {
  type Address,
  concatHex,
  decodeErrorResult,
  encodeFunctionData,
  type Hex,
  isAddressEqual,
  isHex,
  keccak256,
  size,
  stringToHex,
} from "viem";
import { z } from "zod";
import { revertData } from "../../send/simulate.js";
import { ccipReadIsmAbi } from "../hyperlaneAbi.js";
import type { MetadataContext, ReadyMetadata } from "./metadata.js";
import { moduleRefused } from "./metadataErrors.js";
import { tryVerify } from "./moduleCall.js";

/** A module may name as many servers as it likes. */
const MAX_URLS = 5;
const MAX_URL_LENGTH = 4_096;
/** What fits a transaction that providers take. */
const MAX_METADATA_BYTES = 96 * 1024;
/** Room for twice as many hex digits and the JSON around them. */
export const MAX_LOOKUP_BYTES = 256 * 1024;
export const LOOKUP_TIMEOUT_MS = 10_000;

/** What a module asks for. */
interface Question {
  readonly sender: Address;
  readonly urls: readonly string[];
  readonly callData: Hex;
}

const answer = z.object({ data: z.string() });
const pending = z.union([
  z.object({ status: z.literal("pending") }),
  z.object({ error: z.string().regex(/pending|cctp attestation not found/i) }),
]);

/**
 * Asks the module's own servers for its metadata. Module, URLs and servers are strangers: only https to public addresses, bounded in size and
 * time, no redirects, and what comes back counts only if the module verifies the message with it.
 * @throws HeraldError HYPERLANE_LOOKUP_PENDING, HYPERLANE_LOOKUP_FAILED, HYPERLANE_LOOKUP_MALFORMED; what the client throws
 */
export async function lookedUp(
  context: MetadataContext & { readonly mailbox: Address },
  ism: Address,
): Promise<ReadyMetadata> {
  const { client, mailbox, message } = context;
  const question = await readQuestion(context, ism);
  const failures: string[] = [];
  let isPending = false;
  for (const url of question.urls.slice(0, MAX_URLS)) {
    try {
      const metadata = await ask(context, question, url);
      if (metadata === "pending") {
        isPending = true;
        continue;
      }
      await tryVerify(client, mailbox, ism, metadata, message.message);
      return { state: "ready", metadata, canBeTried: true };
    } catch (error) {
      failures.push(`${url.slice(0, 200)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (isPending) throw stillPending(ism, failures);
  throw moduleRefused(
    "HYPERLANE_LOOKUP_FAILED",
    "None of the security module's servers gave metadata that the module accepts.",
    ism,
    { failures },
    "See what each server did; they are the module owner's to repair.",
  );
}

/** What a relayer signs so that a server can tell who asks (AbstractCcipReadIsm's convention). */
export function lookupHash(sender: Address, callData: Hex, url: string): Hex {
  return keccak256(concatHex([stringToHex("HYPERLANE_OFFCHAINLOOKUP"), sender, callData, stringToHex(url)]));
}

async function readQuestion({ client, message }: MetadataContext, ism: Address): Promise<Question> {
  const data = encodeFunctionData({
    abi: ccipReadIsmAbi,
    functionName: "getOffchainVerifyInfo",
    args: [message.message],
  });
  let question: Hex | undefined;
  try {
    // Not by `client.call`, which would follow the lookup itself.
    await client.request({ method: "eth_call", params: [{ to: ism, data }, "latest"] });
  } catch (error) {
    question = revertData(error);
    if (question === undefined) throw error;
  }
  const decoded = question === undefined ? undefined : decodeQuestion(question);
  if (decoded === undefined) throw malformed(ism, "no OffchainLookup", question);
  const [sender, urls, callData] = decoded.args;
  // EIP-3668: somebody else's question would be signed in this module's name.
  if (!isAddressEqual(sender, ism)) throw malformed(ism, `sender ${sender}`, undefined);
  if (urls.length === 0) throw malformed(ism, "no URLs", undefined);
  return { sender: ism, urls, callData };
}

function decodeQuestion(data: Hex) {
  try {
    return decodeErrorResult({ abi: ccipReadIsmAbi, data });
  } catch {
    return undefined;
  }
}

async function ask(
  { fetch, lookupSigner }: MetadataContext,
  { sender, callData }: Question,
  template: string,
): Promise<Hex | "pending"> {
  const url = template.replaceAll("{sender}", sender.toLowerCase()).replaceAll("{data}", callData);
  if (url.length > MAX_URL_LENGTH) throw new Error(`a URL of ${url.length} characters`);
  const body = template.includes("{data}")
    ? undefined
    : JSON.stringify({
        sender: sender.toLowerCase(),
        data: callData,
        signature:
          (await lookupSigner?.signMessage({ message: { raw: lookupHash(sender, callData, template) } })) ?? null,
      });
  const { status, text } = await fetch(url, body);
  const json = parseJson(text);
  if (pending.safeParse(json).success) return "pending";
  if (status !== 200) throw new Error(`answered ${status}`);
  const parsed = answer.safeParse(json);
  if (!parsed.success) throw new Error("answered without data");
  // Some servers leave the prefix out.
  const data = parsed.data.data.startsWith("0x") ? parsed.data.data : `0x${parsed.data.data}`;
  if (!isHex(data) || data.length % 2 !== 0) throw new Error("answered data that is no hex");
  if (size(data) > MAX_METADATA_BYTES) throw new Error(`answered ${size(data)} bytes of metadata`);
  return data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function malformed(ism: Address, reason: string, revert: Hex | undefined): HeraldError {
  return moduleRefused(
    "HYPERLANE_LOOKUP_MALFORMED",
    "The security module does not say what it wants looked up.",
    ism,
    { reason, revertData: revert?.slice(0, 200) },
    "Have the module revert with OffchainLookup, itself as the sender and at least one URL.",
  );
}

function stillPending(ism: Address, failures: readonly string[]): HeraldError {
  return new HeraldError({
    code: "HYPERLANE_LOOKUP_PENDING",
    message: "The security module's server has no answer yet.",
    facts: { ism, failures },
    fix: "Nothing; the server is asked again.",
    actor: "upstream",
    retry: { afterMs: 1_000 },
  });
}
