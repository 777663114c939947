import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLog } from "@herald/wire/log";
import {
  type Address,
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  type LocalAccount,
  type PublicClient,
  parseAbi,
  parseAbiParameters,
  recoverMessageAddress,
  size,
  slice,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { checkpointHash } from "../src/hyperlane/checkpoint.js";
import { formatCheckpointFile } from "../src/hyperlane/checkpointFile.js";
import { type DeliveryParameters, prepareDelivery } from "../src/hyperlane/deliveryCall.js";
import { type DispatchedMessage, dispatchedMessages } from "../src/hyperlane/dispatchedMessages.js";
import { createBoundedFetch } from "../src/hyperlane/fetch/boundedFetch.js";
import { mailboxAbi } from "../src/hyperlane/hyperlaneAbi.js";
import { lookupHash } from "../src/hyperlane/metadata/ccipRead.js";
import { createOriginTree, type OriginTree } from "../src/hyperlane/originTree.js";
import { localLocation } from "../src/hyperlane/storage/storageNames.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { deployHyperlane, type HyperlaneCore, lastBody } from "./support/hyperlane.js";
import { type ObjectServer, startObjectServer } from "./support/objectServer.js";
import { newScratch } from "./support/validators.js";

// Hyperlane's real contracts; one chain sends messages to itself, which no contract minds.
const abi = parseAbi([
  "function deploy(address[] values, uint8 threshold) returns (address)",
  "function getAddress(address[] values, uint8 threshold) view returns (address)",
  "function initialize(address owner, uint32[] domains, address[] modules)",
  "function pause()",
  "function unpause()",
]);
let anvil: Anvil;
let client: PublicClient;
let core: HyperlaneCore;
let deployer: LocalAccount;
let originTree: OriginTree;
let scratch: string;
let server: ObjectServer;
let respond: (url: string, body: string) => { readonly status?: number; readonly text: string };
const keys = Array.from({ length: 4 }, () => privateKeyToAccount(generatePrivateKey()));
const validators = keys.map((it) => it.address);
const folderOf = (validator: Address) => join(scratch, validator.toLowerCase());

beforeAll(async () => {
  scratch = newScratch();
  for (const validator of validators) mkdirSync(folderOf(validator));
  anvil = await startAnvil(31_206);
  ({ client } = clientsOf(anvil));
  deployer = await fundedAccount(anvil);
  core = await deployHyperlane(anvil, deployer);
  originTree = createOriginTree({ client, merkleTreeHook: core.merkleTreeHook });
  server = await startObjectServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const { status = 200, text } = respond(request.url ?? "", body);
      response.writeHead(status).end(text);
    });
  });
});
afterAll(async () => {
  await server?.stop();
  await anvil?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function multisig(kind: "MessageId" | "MerkleRoot", of: readonly Address[], threshold: number): Promise<Address> {
  return await fromFactory(`isms/multisig/StaticMultisigIsm.sol/Static${kind}MultisigIsmFactory`, of, threshold);
}
const aggregation = (of: readonly Address[], threshold: number) =>
  fromFactory("isms/aggregation/StaticAggregationIsmFactory", of, threshold);

const factories = new Map<string, Promise<Address>>();
async function fromFactory(contract: string, of: readonly Address[], threshold: number): Promise<Address> {
  const factory = factories.get(contract) ?? core.deploy(contract);
  factories.set(contract, factory);
  const call = { address: await factory, abi, args: [of, threshold] } as const;
  await core.send(call.address, encodeFunctionData({ ...call, functionName: "deploy" }));
  return await client.readContract({ ...call, functionName: "getAddress" });
}
async function routing(domains: readonly number[], modules: readonly Address[]): Promise<Address> {
  const ism = await core.deploy("isms/routing/DomainRoutingIsm");
  const args = [deployer.address, domains, modules] as const;
  await core.send(ism, encodeFunctionData({ abi, functionName: "initialize", args }));
  return ism;
}
const oneAddress = (it: Address) => encodeAbiParameters(parseAbiParameters("address"), [it]);
const noop = () => core.deploy("isms/NoopIsm");
async function paused(): Promise<Address> {
  const ism = await core.deploy("isms/PausableIsm", oneAddress(deployer.address));
  await core.send(ism, encodeFunctionData({ abi, functionName: "pause" }));
  return ism;
}
const trusting = (relayer: Address) =>
  core.deploy(
    "isms/TrustedRelayerIsm",
    encodeAbiParameters(parseAbiParameters("address, address"), [core.mailbox, relayer]),
  );
const ccipRead = (...urls: readonly string[]) =>
  core.deploy("test/TestCcipReadIsm", encodeAbiParameters(parseAbiParameters("string[]"), [urls]));

let bodies = 0;
/** Dispatches a message to a new recipient with this module. */
async function messageTo(ism: Address): Promise<{ readonly message: DispatchedMessage; readonly recipient: Address }> {
  const recipient = await core.recipient(ism);
  const [receipt] = await core.dispatch(anvil.chainId, recipient, `0x${(++bodies).toString(16).padStart(8, "0")}`);
  const [message] = dispatchedMessages(receipt ?? { logs: [] });
  if (message === undefined) throw new Error("no message");
  return { message, recipient };
}
async function sign(message: DispatchedMessage, by: readonly LocalAccount[], root?: Hex): Promise<void> {
  const leaf = await originTree.leaf(message);
  const checkpoint = {
    domain: anvil.chainId,
    merkleTreeHook: core.merkleTreeHook,
    root: root ?? leaf.root,
    index: leaf.index,
    messageId: message.messageId,
  };
  for (const key of by) {
    const signature = await key.signMessage({ message: { raw: checkpointHash(checkpoint) } });
    const file = join(folderOf(key.address), `${leaf.index}_with_id.json`);
    writeFileSync(file, formatCheckpointFile({ checkpoint, signature }));
  }
}
const prepare = (message: DispatchedMessage, change: Partial<DeliveryParameters> = {}) =>
  prepareDelivery({
    client,
    mailbox: core.mailbox,
    message,
    originDomain: anvil.chainId,
    merkleTreeHook: core.merkleTreeHook,
    locations: Object.fromEntries(validators.map((it) => [it, localLocation(folderOf(it))])),
    originTree,
    relayer: deployer.address,
    fetch: createBoundedFetch({ maxBytes: 300_000, timeoutMs: 10_000, reach: "loopback" }),
    log: silentLog,
    ...change,
  });
/** Delivers through the real Mailbox and the real modules, and returns the metadata they took. */
async function deliver({ message, recipient }: Awaited<ReturnType<typeof messageTo>>): Promise<Hex> {
  const prepared = await prepare(message);
  if (prepared.state !== "ready") throw new Error(JSON.stringify(prepared));
  await core.send(prepared.call.to, prepared.call.data);
  expect(await lastBody(anvil, recipient)).toBe(message.body);
  expect(await prepare(message)).toEqual({ state: "delivered" });
  const call = decodeFunctionData({ abi: mailboxAbi, data: prepared.call.data });
  if (call.functionName !== "process") throw new Error(call.functionName);
  return call.args[0];
}
const code = (code: string) => expect.objectContaining({ code });

describe("merkle-root multisig", () => {
  it("is proven by the origin's own tree, wherever in a block the leaf is", async () => {
    const ism = await multisig("MerkleRoot", validators.slice(0, 3), 2);
    for (let i = 0; i < 5; i++) {
      const sent = await messageTo(ism);
      await sign(sent.message, keys.slice(1, 3));
      expect(size(await deliver(sent))).toBe(1_096 + 2 * 65);
    }
  });

  it("counts no signature for a root that the origin does not have", async () => {
    const { message } = await messageTo(await multisig("MerkleRoot", validators.slice(0, 2), 2));
    await sign(message, keys.slice(0, 2), `0x${"cd".repeat(32)}`);
    await sign(message, keys.slice(0, 1));
    expect(await prepare(message)).toMatchObject({
      state: "unsigned",
      signed: 1,
      threshold: 2,
      reasons: [{ validator: validators[1], kind: "otherRoot" }],
    });
  });
});

it("several leaves of one block each have their root, from one read of the block", async () => {
  const { control } = clientsOf(anvil);
  await control.setAutomine(false);
  const recipient: Address = "0x00000000000000000000000000000000000000aa";
  const hashes = await core.dispatchAll(anvil.chainId, recipient, 3);
  await control.mine({ blocks: 1 });
  await control.setAutomine(true);
  const messages: DispatchedMessage[] = [];
  for (const hash of hashes) messages.push(...dispatchedMessages(await client.getTransactionReceipt({ hash })));
  expect(new Set(messages.map((it) => it.blockHash)).size).toBe(1);
  const getLogs = vi.fn(client.getLogs);
  // CAST: the same function, counted.
  const counted = { ...client, getLogs: getLogs as typeof client.getLogs };
  const tree = createOriginTree({ client: counted, merkleTreeHook: core.merkleTreeHook });
  const leaves = await Promise.all(messages.map((it) => tree.leaf(it)));
  expect(new Set(leaves.map((it) => it.root)).size).toBe(3);
  expect(leaves.map((it) => it.index)).toEqual(messages.map((it) => it.insertions[0]?.index));
  expect(getLogs).toHaveBeenCalledTimes(1);
});

it("message-id signatures alone are enough when the origin's old state is gone, but not when it contradicts", async () => {
  const sent = await messageTo(await multisig("MessageId", validators, 1));
  await sign(sent.message, keys);
  const gone = { ...client, readContract: () => Promise.reject(new Error("missing trie node")) };
  const withoutState = createOriginTree({ client: gone, merkleTreeHook: core.merkleTreeHook });
  expect(await prepare(sent.message, { originTree: withoutState })).toMatchObject({ state: "ready" });
  const silent = { ...client, getLogs: async () => [] };
  const contradicting = createOriginTree({ client: silent, merkleTreeHook: core.merkleTreeHook });
  await expect(prepare(sent.message, { originTree: contradicting })).rejects.toThrow(
    code("HYPERLANE_TREE_CONTRADICTS"),
  );
});

describe("aggregation", () => {
  it("is given the cheapest modules that verify, and no more than its threshold", async () => {
    const dear = await multisig("MerkleRoot", validators, 2);
    const cheap = await multisig("MessageId", validators, 1);
    const sent = await messageTo(await aggregation([dear, cheap, await paused(), await noop()], 2));
    await sign(sent.message, keys);
    const metadata = await deliver(sent);
    const starts = [0, 1, 2, 3].map((i) => Number(slice(metadata, i * 8, i * 8 + 4)));
    expect(starts.map((it) => it > 0)).toEqual([false, true, false, true]);
  });

  it("goes down into aggregations and routes inside it", async () => {
    const inner = await aggregation([await multisig("MerkleRoot", validators, 1), await paused()], 1);
    const route = await routing([anvil.chainId], [await multisig("MessageId", validators, 3)]);
    const sent = await messageTo(await aggregation([inner, route], 2));
    await sign(sent.message, keys);
    expect(size(await deliver(sent))).toBeGreaterThan(1_096 + 68);
  });

  it("waits for the signatures it needs, and sees from the files alone when they are there", async () => {
    const first = await multisig("MessageId", validators.slice(0, 2), 2);
    const second = await multisig("MessageId", validators.slice(2), 1);
    const sent = await messageTo(await aggregation([first, second], 2));
    await sign(sent.message, [keys[0] ?? fail(), keys[2] ?? fail()]);
    const prepared = await prepare(sent.message);
    if (prepared.state !== "unsigned") throw new Error(prepared.state);
    expect(prepared).toMatchObject({ signed: 1, threshold: 2 });
    expect(prepared.reasons.map((it) => it.validator)).toEqual([validators[1]]);
    expect(await prepared.hasEnough()).toBe(false);
    await sign(sent.message, [keys[1] ?? fail()]);
    expect(await prepared.hasEnough()).toBe(true);
    await deliver(sent);
  });

  it("says of each module why it cannot verify when too few can", async () => {
    const stranger = privateKeyToAccount(generatePrivateKey()).address;
    const { message } = await messageTo(await aggregation([await paused(), await trusting(stranger), await noop()], 2));
    const refusal = prepare(message);
    await expect(refusal).rejects.toThrow(code("HYPERLANE_AGGREGATION_UNMET"));
    const { facts } = await refusal.catch((error) => error);
    expect(String(facts.refused)).toMatch(/HYPERLANE_ISM_PAUSED.*HYPERLANE_TRUSTED_RELAYER_ONLY/s);
  });
});

describe("modules without metadata", () => {
  it("deliver unless they are paused or trust somebody else", async () => {
    const ism = await paused();
    const sent = await messageTo(ism);
    await expect(prepare(sent.message)).rejects.toThrow(code("HYPERLANE_ISM_PAUSED"));
    await core.send(ism, encodeFunctionData({ abi, functionName: "unpause" }));
    expect(await deliver(sent)).toBe("0x");
    expect(await deliver(await messageTo(await trusting(deployer.address)))).toBe("0x");
    const other = await messageTo(await trusting(validators[0] ?? fail()));
    await expect(prepare(other.message)).rejects.toThrow(code("HYPERLANE_TRUSTED_RELAYER_ONLY"));
  });
});

describe("routing", () => {
  it("without a route for the origin says so, in the module's words", async () => {
    const { message } = await messageTo(await routing([anvil.chainId + 1], [await noop()]));
    const refusal = prepare(message);
    await expect(refusal).rejects.toThrow(code("HYPERLANE_ISM_REVERTED"));
    expect((await refusal.catch((error) => error)).facts.reason).toContain("No ISM found for origin");
  });

  it("in a circle ends", async () => {
    const ism = await routing([], []);
    await core.send(
      ism,
      encodeFunctionData({
        abi: parseAbi(["function set(uint32 domain, address module)"]),
        functionName: "set",
        args: [anvil.chainId, ism],
      }),
    );
    const { message } = await messageTo(ism);
    await expect(prepare(message)).rejects.toThrow(code("HYPERLANE_ISM_TOO_DEEP"));
  });
});

describe("CCIP-read", () => {
  it("is given what its server says: by GET, or by POST with a signature", async () => {
    const seen: { url: string; body: string }[] = [];
    respond = (url, body) => {
      seen.push({ url, body });
      return { text: JSON.stringify({ data: "0xc0ffee" }) };
    };
    const byGet = await ccipRead(`${server.url}/{sender}/{data}`);
    expect(await deliver(await messageTo(byGet))).toBe("0xc0ffee");
    expect(seen[0]).toEqual({ url: `/${byGet.toLowerCase()}/0x`, body: "" });

    const template = `${server.url}/{sender}`;
    const byPost = await ccipRead(template);
    const { message } = await messageTo(byPost);
    const [key] = keys;
    seen.length = 0;
    await prepare(message, key === undefined ? {} : { lookupSigner: key });
    const { signature, ...asked } = JSON.parse(seen[0]?.body ?? "{}");
    expect(asked).toEqual({ sender: byPost.toLowerCase(), data: "0x" });
    const raw = lookupHash(byPost, "0x", template);
    expect(await recoverMessageAddress({ message: { raw }, signature })).toBe(key?.address);
  });

  it("goes on to the next server, and says what each did", async () => {
    respond = (url) => {
      if (url === "/broken") return { status: 500, text: JSON.stringify({ data: "0x01" }) };
      if (url === "/large") return { text: JSON.stringify({ data: `0x${"00".repeat(100_000)}` }) };
      if (url === "/odd") return { text: JSON.stringify({ data: "0x123" }) };
      if (url === "/pending") return { status: 404, text: JSON.stringify({ status: "pending" }) };
      return { text: JSON.stringify({ data: "beef" }) };
    };
    const of = (...paths: readonly string[]) => ccipRead(...paths.map((path) => `${server.url}${path}`));
    expect(await deliver(await messageTo(await of("/broken", "/large", "/good")))).toBe("0xbeef");
    const { message } = await messageTo(await of("/broken", "/large", "/odd"));
    const failed = await prepare(message).catch((error) => error);
    expect(failed).toMatchObject({ code: "HYPERLANE_LOOKUP_FAILED" });
    expect(String(failed.facts.failures)).toMatch(/500.*100000 bytes.*no hex/s);
    const waiting = await messageTo(await of("/pending", "/broken"));
    await expect(prepare(waiting.message)).rejects.toThrow(code("HYPERLANE_LOOKUP_PENDING"));
  });

  it("asks nobody on this machine unless that is allowed", async () => {
    let asked = 0;
    respond = () => {
      asked++;
      return { text: JSON.stringify({ data: "0x01" }) };
    };
    const { message } = await messageTo(await ccipRead(`${server.url}/{data}`));
    const strict = createBoundedFetch({ maxBytes: 1_000, timeoutMs: 1_000, reach: "public" });
    await expect(prepare(message, { fetch: strict })).rejects.toThrow(code("HYPERLANE_LOOKUP_FAILED"));
    expect(asked).toBe(0);
  });
});

describe("validators nobody configured", () => {
  it("are found where they announced themselves, but never in folders of this machine", async () => {
    const [key] = keys;
    if (key === undefined) return fail();
    const sent = await messageTo(await multisig("MessageId", [key.address], 1));
    await sign(sent.message, [key]);
    const announcements = { client, validatorAnnounce: core.validatorAnnounce };
    const unknown = { locations: {}, announcements };
    expect(await prepare(sent.message, unknown)).toMatchObject({ reasons: [{ kind: "noLocation" }] });
    await core.announce(key, localLocation(folderOf(key.address)));
    expect(await prepare(sent.message, unknown)).toMatchObject({ reasons: [{ kind: "noLocation" }] });
    await core.announce(key, "https://storage.invalid/validator");
    expect(await prepare(sent.message, unknown)).toMatchObject({ reasons: [{ kind: "unreachable" }] });
  });
});

function fail(): never {
  throw new Error("missing");
}
