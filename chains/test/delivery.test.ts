import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLog } from "@herald/wire/log";
import {
  type Address,
  concatHex,
  decodeFunctionData,
  type Hex,
  hexToBigInt,
  numberToHex,
  type PublicClient,
  size,
  slice,
  zeroAddress,
} from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkpointHash } from "../src/hyperlane/checkpoint.js";
import { formatCheckpointFile, parseCheckpointFile, type SignedCheckpoint } from "../src/hyperlane/checkpointFile.js";
import { prepareDelivery } from "../src/hyperlane/deliveryCall.js";
import { type DispatchedMessage, dispatchedMessages } from "../src/hyperlane/dispatchedMessages.js";
import { mailboxAbi } from "../src/hyperlane/hyperlaneAbi.js";
import { localLocation } from "../src/hyperlane/storage/storageNames.js";
import type { MissKind } from "../src/hyperlane/storage/storageReader.js";
import { createTransactionSender, type TransactionSender } from "../src/send/transactionSender.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { fixedModule } from "./support/fixedModule.js";
import { deployHyperlane, type HyperlaneCore, lastBody } from "./support/hyperlane.js";
import { MemoryTransactionStore } from "./support/memoryTransactionStore.js";
import { until } from "./support/mining.js";
import { newScratch, newValidatorHome, startValidator, type ValidatorHome } from "./support/validators.js";

// A hub and an origin chain with Hyperlane's real contracts, and three real validators of the hub.
interface Chain {
  readonly anvil: Anvil;
  readonly client: PublicClient;
  readonly core: HyperlaneCore;
}
let hub: Chain;
let origin: Chain;
let sender: TransactionSender;
let homes: readonly [ValidatorHome, ValidatorHome, ValidatorHome];
let scratch: string;
const stop = new AbortController();
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  scratch = newScratch();
  const start = async (chainId: number): Promise<Chain> => {
    const anvil = await startAnvil(chainId);
    stops.push(anvil.stop);
    const core = await deployHyperlane(anvil, await fundedAccount(anvil));
    return { anvil, client: clientsOf(anvil).client, core };
  };
  [hub, origin] = await Promise.all([start(31_204), start(31_205)]);
  const { chainId } = origin.anvil;
  const account = await fundedAccount(origin.anvil);
  const wired = { chain: "origin", chainId, client: origin.client, account, store: new MemoryTransactionStore() };
  sender = createTransactionSender({ ...wired, pollMs: 20, log: silentLog, signal: stop.signal });
  homes = [newValidatorHome(scratch), newValidatorHome(scratch), newValidatorHome(scratch)];
  stops.unshift(...homes.map((home) => startValidator(hub, home).stop));
});
afterAll(async () => {
  stop.abort();
  for (const end of stops) await end();
  rmSync(scratch, { recursive: true, force: true });
});

const addresses = () => homes.map((it) => it.account.address);
const fileOf = ({ storageFolder }: ValidatorHome, index: number) => join(storageFolder, `${index}_with_id.json`);
async function dispatch(recipient: Address, body: Hex): Promise<DispatchedMessage> {
  const [receipt] = await hub.core.dispatch(origin.anvil.chainId, recipient, body);
  const [message] = dispatchedMessages(receipt ?? { logs: [] });
  if (message === undefined) throw new Error("no message");
  return message;
}
const leafOf = (message: DispatchedMessage) => message.insertions[0]?.index ?? -1;
const signedByAll = (message: DispatchedMessage) =>
  until(() => homes.every((home) => existsSync(fileOf(home, leafOf(message)))));
const locations = () => Object.fromEntries(homes.map((it) => [it.account.address, localLocation(it.storageFolder)]));
const prepare = (message: DispatchedMessage, change: Partial<Parameters<typeof prepareDelivery>[0]> = {}) =>
  prepareDelivery({
    client: origin.client,
    mailbox: origin.core.mailbox,
    message,
    originDomain: hub.anvil.chainId,
    merkleTreeHook: hub.core.merkleTreeHook,
    locations: locations(),
    log: silentLog,
    ...change,
  });
async function deliver(message: DispatchedMessage, change: Parameters<typeof prepare>[1] = {}): Promise<void> {
  const prepared = await prepare(message, change);
  if (prepared.state !== "ready") throw new Error(JSON.stringify(prepared));
  await sender.send({ id: `deliver/${message.messageId}`, ...prepared.call });
}

async function metadataSize(message: DispatchedMessage): Promise<number> {
  const prepared = await prepare(message);
  if (prepared.state !== "ready") throw new Error(JSON.stringify(prepared));
  const call = decodeFunctionData({ abi: mailboxAbi, data: prepared.call.data });
  if (call.functionName !== "process") throw new Error(call.functionName);
  return size(call.args[0]);
}

describe("delivery through the real message-id multisig", () => {
  it("carries messages across, any of them, once signed", async () => {
    const recipient = await origin.core.recipient(await origin.core.multisig(addresses(), 2));
    const messages = [
      await dispatch(recipient, "0x0a"),
      await dispatch(recipient, "0x0b"),
      await dispatch(recipient, "0x0c"),
    ];
    for (const message of messages) await signedByAll(message);
    for (const message of messages.toReversed()) {
      // Three have signed; two are all the module reads, and every byte more is paid for.
      expect(await metadataSize(message)).toBe(68 + 2 * 65);
      await deliver(message);
      expect(await lastBody(origin.anvil, recipient)).toBe(message.body);
      expect(await prepare(message)).toEqual({ state: "delivered" });
    }
  });

  it.each([
    ["the first validator", 0],
    ["the middle one", 1],
    ["the last one", 2],
  ])("needs no more than the threshold: without %s", async (_, missing) => {
    // Not in the order of the homes, nor sorted: the module's own order must decide.
    const recipient = await origin.core.recipient(await origin.core.multisig(addresses().toReversed(), 2));
    const message = await dispatch(recipient, numberToHex(0xd0 + missing));
    await signedByAll(message);
    const known = Object.entries(locations()).filter(([address]) => address !== addresses()[missing]);
    await deliver(message, { locations: Object.fromEntries(known) });
    expect(await lastBody(origin.anvil, recipient)).toBe(message.body);
  });

  it("finds locations by address in any letter case", async () => {
    const recipient = await origin.core.recipient(await origin.core.multisig(addresses(), 3));
    const message = await dispatch(recipient, "0xee");
    await signedByAll(message);
    const lower = Object.entries(locations()).map(([address, place]) => [address.toLowerCase(), place]);
    await deliver(message, { locations: Object.fromEntries(lower) });
  });
});

describe("signatures that do not count", () => {
  let message: DispatchedMessage;
  let genuine: SignedCheckpoint;
  let forged: string;
  let recipient: Address;

  beforeAll(async () => {
    recipient = await origin.core.recipient(await origin.core.multisig(addresses(), 3));
    message = await dispatch(recipient, "0x77");
    await signedByAll(message);
    const parsed = parseCheckpointFile(readFileSync(fileOf(homes[0], leafOf(message)), "utf8"));
    if (typeof parsed === "string") throw new Error(parsed);
    genuine = parsed;
  });
  beforeEach(() => {
    forged = join(scratch, `forged-${Math.random()}`);
    mkdirSync(forged);
  });

  /** Signs another checkpoint with the first validator's own key. */
  async function signOther(change: Partial<SignedCheckpoint["checkpoint"]>): Promise<string> {
    const checkpoint = { ...genuine.checkpoint, ...change };
    const signature = await homes[0].account.signMessage({ message: { raw: checkpointHash(checkpoint) } });
    return formatCheckpointFile({ checkpoint, signature });
  }
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  function malleated(): string {
    const { checkpoint, signature } = genuine;
    const s = numberToHex(order - hexToBigInt(slice(signature, 32, 64)), { size: 32 });
    const v = slice(signature, 64) === "0x1b" ? "0x1c" : "0x1b";
    return formatCheckpointFile({ checkpoint, signature: concatHex([slice(signature, 0, 32), s, v]) });
  }
  const word = (byte: string): Hex => `0x${byte.repeat(32)}`;

  it.each<[MissKind, string, () => Promise<string> | string]>([
    ["behind", "has not signed leaf", () => ""],
    ["malformed", "malformed file", () => formatCheckpointFile(genuine).slice(0, 200)],
    ["malformed", "malformed file", () => "x".repeat(100)],
    ["unreachable", "cannot be read: 60000 bytes", () => " ".repeat(60_000)],
    ["otherLeaf", "signed for domain 5", () => signOther({ domain: 5 })],
    ["otherLeaf", "signed for the hook", () => signOther({ merkleTreeHook: homes[0].account.address })],
    ["otherLeaf", "has a checkpoint of index 4000", () => signOther({ index: 4_000 })],
    ["otherLeaf", "has signed another message", () => signOther({ messageId: word("ab") })],
    ["otherRoot", "has signed another root", () => signOther({ root: word("cd") })],
    ["wrongKey", "signature of somebody else", () => readFileSync(fileOf(homes[1], leafOf(message)), "utf8")],
    [
      "wrongKey",
      "signature of somebody else",
      () => formatCheckpointFile({ ...genuine, checkpoint: { ...genuine.checkpoint, root: word("cd") } }),
    ],
    ["wrongKey", "malleable signature", () => malleated()],
  ])("%s: %s", async (kind, reason, content) => {
    const text = await content();
    if (text !== "") writeFileSync(join(forged, `${leafOf(message)}_with_id.json`), text);
    const prepared = await prepare(message, {
      locations: { ...locations(), [addresses()[0] ?? ""]: localLocation(forged) },
    });
    expect(prepared).toEqual({
      state: "unsigned",
      signed: 2,
      threshold: 3,
      reasons: [{ validator: addresses()[0], kind, reason: expect.stringContaining(reason) }],
      hasEnough: expect.any(Function),
    });
  });

  it.each([
    ["ftp://storage.example/validator", "is none of"],
    ["s3://bucket.example/#/us-east-1", "is none of"],
    ["s3://bucket", "is none of"],
    ["gs://", "is none of"],
    ["file://relative/path", "is none of"],
    ["https://user:word@storage.example/validator", "carries credentials"],
  ])("%s cannot be read", async (location, reason) => {
    const prepared = await prepare(message, { locations: { ...locations(), [addresses()[0] ?? ""]: location } });
    expect(prepared).toMatchObject({
      state: "unsigned",
      signed: 2,
      reasons: [{ reason: expect.stringContaining(reason) }],
    });
  });

  it("of a validator that reported a reorganisation, or of one whose storage nobody knows", async () => {
    writeFileSync(join(forged, `${leafOf(message)}_with_id.json`), formatCheckpointFile(genuine));
    writeFileSync(join(forged, "reorg_flag.json"), "{}");
    const places = {
      [addresses()[0] ?? ""]: localLocation(forged),
      [addresses()[1] ?? ""]: locations()[addresses()[1] ?? ""] ?? "",
    };
    expect(await prepare(message, { locations: places })).toEqual({
      state: "unsigned",
      signed: 1,
      threshold: 3,
      reasons: [
        { validator: addresses()[0], kind: "flagged", reason: expect.stringContaining("reorg_flag.json") },
        { validator: addresses()[2], kind: "noLocation", reason: "has no known storage location" },
      ],
      hasEnough: expect.any(Function),
    });
  });

  it("is noticed from the files alone once it can be counted", async () => {
    rmSync(join(forged, "reorg_flag.json"), { force: true });
    const file = join(forged, `${leafOf(message)}_with_id.json`);
    rmSync(file, { force: true });
    const prepared = await prepare(message, {
      locations: { ...locations(), [addresses()[0] ?? ""]: localLocation(forged) },
    });
    if (prepared.state !== "unsigned") throw new Error(prepared.state);
    expect(await prepared.hasEnough()).toBe(false);
    writeFileSync(file, formatCheckpointFile(genuine));
    expect(await prepared.hasEnough()).toBe(true);
  });

  it("are refused by the real module too: a delivery with one wrong signature reverts", async () => {
    const prepared = await prepare(message);
    if (prepared.state !== "ready") throw new Error("not ready");
    // The last byte but one of the first signature's s, inside the call's metadata (selector, two offsets, length, 68 bytes, 65 bytes).
    const at = 2 + 2 * (4 + 32 * 3 + 68 + 62);
    const { data } = prepared.call;
    const bent: Hex = `0x${data.slice(2, at)}${data[at] === "0" ? "1" : "0"}${data.slice(at + 1)}`;
    await expect(sender.send({ id: "bent", to: prepared.call.to, data: bent })).rejects.toMatchObject({
      code: "SEND_REVERTED",
      facts: { reason: "!threshold" },
    });
    await deliver(message);
    expect(await lastBody(origin.anvil, recipient)).toBe("0x77");
  });
});

describe("security modules nothing is delivered under", () => {
  const moduleAddress: Address = "0x0000000000000000000000000000000000515515";
  const validator: Address = "0x00000000000000000000000000000000000000a1";

  it.each<[string, string, () => Hex]>([
    ["a type nobody makes metadata for", "HYPERLANE_ISM_UNSUPPORTED", () => fixedModule(3, [validator], 1)],
    ["a merkle-root multisig without the tree", "HYPERLANE_ISM_NEEDS_TREE", () => fixedModule(4, [validator], 1)],
    ["a routing module that answers with no address", "HYPERLANE_ISM_REVERTED", () => fixedModule(1, [], 255)],
    ["threshold zero", "HYPERLANE_ISM_UNSAFE", () => fixedModule(5, [validator], 0)],
    ["no validators", "HYPERLANE_ISM_UNSAFE", () => fixedModule(5, [], 0)],
    ["more wanted than there are", "HYPERLANE_ISM_UNSAFE", () => fixedModule(5, [validator], 2)],
    ["the zero address among them", "HYPERLANE_ISM_UNSAFE", () => fixedModule(5, [validator, zeroAddress], 1)],
    ["51 validators", "HYPERLANE_ISM_UNSAFE", () => fixedModule(5, Array<Address>(51).fill(validator), 1)],
  ])("%s: %s", async (_, code, module) => {
    await clientsOf(origin.anvil).control.setCode({ address: moduleAddress, bytecode: module() });
    const recipient = await origin.core.recipient(moduleAddress);
    await expect(prepare(await dispatch(recipient, "0x01"))).rejects.toMatchObject({ code });
  });
});

describe("messages that are not the lane's", () => {
  it("come from another domain, or never went into the tree", async () => {
    const recipient = await origin.core.recipient(await origin.core.multisig(addresses(), 2));
    const message = await dispatch(recipient, "0x01");
    const elsewhere = { originDomain: 99 };
    await expect(prepare(message, elsewhere)).rejects.toMatchObject({ code: "HYPERLANE_WRONG_ORIGIN" });
    const otherHook = { merkleTreeHook: recipient };
    await expect(prepare(message, otherHook)).rejects.toMatchObject({ code: "HYPERLANE_NOT_INSERTED" });
  });
});

describe("dispatched messages of a receipt", () => {
  it("are matched to their leaves by id, and contradictions are errors", async () => {
    const recipient: Address = "0x00000000000000000000000000000000000000aa";
    const [first, second] = await hub.core.dispatch(origin.anvil.chainId, recipient, "0x01", "0x02");
    if (first === undefined || second === undefined) throw new Error("two receipts");
    const isInsertion = (log: { readonly address: Address }) => log.address === hub.core.merkleTreeHook.toLowerCase();
    // As if both were dispatched in one transaction whose insertions came in the other order.
    const insertions = [...second.logs, ...first.logs].filter(isInsertion);
    const logs = [...insertions, ...[...first.logs, ...second.logs].filter((log) => !isInsertion(log))];
    const messages = dispatchedMessages({ logs });
    expect(messages.map((it) => it.body)).toEqual(["0x01", "0x02"]);
    expect(messages.map(leafOf)).toEqual([leafOf(messages[0] ?? fail()), leafOf(messages[0] ?? fail()) + 1]);
    expect(dispatchedMessages(first)[0]).toEqual(messages[0]);

    const [dispatchLog, idLog] = first.logs.filter((log) => !isInsertion(log));
    const otherId = second.logs.filter((log) => !isInsertion(log))[1];
    if (dispatchLog === undefined || idLog === undefined || otherId === undefined)
      throw new Error("the Mailbox's logs");
    const inconsistent = expect.objectContaining({ code: "HYPERLANE_RECEIPT_INCONSISTENT" });
    expect(() => dispatchedMessages({ logs: [dispatchLog] })).toThrow(inconsistent);
    expect(() => dispatchedMessages({ logs: [dispatchLog, otherId] })).toThrow(inconsistent);
    const stranger = { ...idLog, address: recipient };
    expect(() => dispatchedMessages({ logs: [dispatchLog, stranger] })).toThrow(inconsistent);
    const [signatureTopic, senderTopic, destinationTopic] = dispatchLog.topics;
    if (signatureTopic === undefined || senderTopic === undefined || destinationTopic === undefined) return fail();
    const otherRecipient: Hex = `0x${"00".repeat(31)}bb`;
    const topics: typeof dispatchLog.topics = [signatureTopic, senderTopic, destinationTopic, otherRecipient];
    const readdressed = { ...dispatchLog, topics };
    expect(() => dispatchedMessages({ logs: [readdressed, idLog] })).toThrow(inconsistent);
    expect(dispatchedMessages({ logs: [] })).toEqual([]);
  });
});

function fail(): never {
  throw new Error("no message");
}
