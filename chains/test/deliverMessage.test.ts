import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLog } from "@herald/wire/log";
import { type Address, type Hex, type LocalAccount, parseAbi, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkpointHash } from "../src/hyperlane/checkpoint.js";
import { formatCheckpointFile } from "../src/hyperlane/checkpointFile.js";
import { deliverMessage, type GasPayments } from "../src/hyperlane/deliverMessage.js";
import { prepareDelivery } from "../src/hyperlane/deliveryCall.js";
import { type DispatchedMessage, dispatchedMessages } from "../src/hyperlane/dispatchedMessages.js";
import { mailboxAbi } from "../src/hyperlane/hyperlaneAbi.js";
import { createOriginTree, type OriginTree } from "../src/hyperlane/originTree.js";
import { localLocation } from "../src/hyperlane/storage/storageNames.js";
import { createTransactionSender, type TransactionSender } from "../src/send/transactionSender.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { Gate } from "./support/gate.js";
import { deployHyperlane, type HyperlaneCore, lastBody } from "./support/hyperlane.js";
import { MemoryTransactionStore } from "./support/memoryTransactionStore.js";
import { until } from "./support/mining.js";
import { newScratch } from "./support/validators.js";

interface Chain {
  readonly anvil: Anvil;
  readonly core: HyperlaneCore;
}
const key = privateKeyToAccount(generatePrivateKey());
const stop = new AbortController();
let hub: Chain;
let origin: Chain;
let tree: OriginTree;
let account: LocalAccount;
let sender: TransactionSender;
let recipient: Address;
let folder: string;
let scratch: string;
let ends: (() => Promise<void>)[] = [];
const gate = new Gate();
const clients = (chain: Chain) => clientsOf(chain.anvil, gate);

beforeAll(async () => {
  scratch = newScratch();
  folder = join(scratch, "validator");
  mkdirSync(folder);
  const start = async (chainId: number): Promise<Chain> => {
    const anvil = await startAnvil(chainId);
    ends.push(anvil.stop);
    return { anvil, core: await deployHyperlane(anvil, await fundedAccount(anvil)) };
  };
  [hub, origin] = await Promise.all([start(31_209), start(31_210)]);
  tree = createOriginTree({ client: clients(hub).client, merkleTreeHook: hub.core.merkleTreeHook });
  account = await fundedAccount(origin.anvil);
  const { chainId } = origin.anvil;
  const wired = {
    chain: "origin",
    chainId,
    client: clients(origin).client,
    account,
    store: new MemoryTransactionStore(),
  };
  const quick = { pollMs: 20, rebroadcastAfterMs: 100 };
  sender = createTransactionSender({ ...wired, ...quick, log: silentLog, signal: stop.signal });
  recipient = await origin.core.recipient(await origin.core.multisig([key.address], 1));
});
afterAll(async () => {
  stop.abort();
  for (const end of ends) await end();
  ends = [];
  rmSync(scratch, { recursive: true, force: true });
});

async function dispatch(body: Hex): Promise<DispatchedMessage> {
  const [receipt] = await hub.core.dispatch(origin.anvil.chainId, recipient, body);
  const [message] = dispatchedMessages(receipt ?? { logs: [] });
  if (message === undefined) throw new Error("no message");
  return message;
}
async function sign(message: DispatchedMessage): Promise<void> {
  const { index, root } = await tree.leaf(message);
  const { merkleTreeHook } = hub.core;
  const checkpoint = { domain: hub.anvil.chainId, merkleTreeHook, root, index, messageId: message.messageId };
  const signature = await key.signMessage({ message: { raw: checkpointHash(checkpoint) } });
  writeFileSync(join(folder, `${index}_with_id.json`), formatCheckpointFile({ checkpoint, signature }));
}
const parameters = (message: DispatchedMessage) => ({
  client: clients(origin).client,
  mailbox: origin.core.mailbox,
  message,
  originDomain: hub.anvil.chainId,
  merkleTreeHook: hub.core.merkleTreeHook,
  locations: { [key.address]: localLocation(folder) },
  originTree: tree,
  log: silentLog,
});
function start(message: DispatchedMessage, change: Partial<Parameters<typeof deliverMessage>[0]> = {}) {
  let done = false;
  const delivery = deliverMessage({
    ...parameters(message),
    sender,
    relayer: account.address,
    finality: { type: "latest", confirmations: 3 },
    pollMs: 20,
    signal: stop.signal,
    ...change,
  });
  delivery.then(
    () => {
      done = true;
    },
    () => undefined,
  );
  return { delivery, isDone: () => done };
}
/** A client, and whether `followDelivery`, the only one to ask for the head, has begun to look through it. */
function watched() {
  const { client } = clients(origin);
  let looks = 0;
  const getBlockNumber: typeof client.getBlockNumber = (options) => {
    looks++;
    return client.getBlockNumber(options);
  };
  return { client: { ...client, getBlockNumber }, isFollowed: () => looks > 1 };
}
const isDelivered = ({ messageId }: DispatchedMessage) =>
  clients(origin).client.readContract({
    address: origin.core.mailbox,
    abi: mailboxAbi,
    functionName: "delivered",
    args: [messageId],
  });
const pass = (blocks: number) => clients(origin).control.mine({ blocks });

describe("any message of a Mailbox", () => {
  it("waits for its signature, is delivered, and is done with once that is final", async () => {
    const message = await dispatch("0x01");
    const waited: unknown[] = [];
    const { delivery, isDone } = start(message, { onWaiting: (unsigned) => void waited.push(unsigned.reasons) });
    await until(() => waited.length > 0);
    await sign(message);
    await until(() => isDelivered(message));
    await pass(1);
    expect(isDone()).toBe(false);
    await pass(2);
    expect((await delivery).receipt?.status).toBe("success");
    expect(await lastBody(origin.anvil, recipient)).toBe("0x01");
    expect(waited).toEqual([[expect.objectContaining({ validator: key.address, kind: "behind" })]]);
  });

  it("is delivered by somebody else: as good as by us", async () => {
    const message = await dispatch("0x02");
    await sign(message);
    const prepared = await prepareDelivery(parameters(message));
    if (prepared.state !== "ready") throw new Error(prepared.state);
    await origin.core.send(prepared.call.to, prepared.call.data);
    const sent = await clients(origin).client.getTransactionCount({ address: account.address });
    const { delivery } = start(message);
    await pass(3);
    expect(await delivery).toEqual({ receipt: undefined });
    expect(await clients(origin).client.getTransactionCount({ address: account.address })).toBe(sent);
  });

  it("is followed on though the chain does not answer for a while", async () => {
    const message = await dispatch("0x06");
    await sign(message);
    const { client, isFollowed } = watched();
    let refused = 0;
    const getBlockNumber: typeof client.getBlockNumber = async (options) => {
      if (isFollowed() && refused++ < 3) throw new Error("no answer");
      return await client.getBlockNumber(options);
    };
    const { delivery } = start(message, { client: { ...client, getBlockNumber } });
    await until(() => refused > 3);
    await pass(3);
    expect((await delivery).receipt?.status).toBe("success");
  });

  it("is delivered again where a reorganisation took the delivery back", async () => {
    const message = await dispatch("0x03");
    await sign(message);
    const { control } = clients(origin);
    const snapshot = await control.snapshot();
    const { client, isFollowed } = watched();
    const { delivery, isDone } = start(message, { client });
    await until(isFollowed);
    await gate.closed(() => control.revert({ id: snapshot }));
    expect(isDone()).toBe(false);
    await until(() => isDelivered(message));
    await pass(3);
    const { receipt } = await delivery;
    expect(receipt?.status).toBe("success");
    expect(await lastBody(origin.anvil, recipient)).toBe("0x03");
    const canonical = await clients(origin).client.getBlock({ blockNumber: receipt?.blockNumber ?? 0n });
    expect(receipt?.blockHash).toBe(canonical.hash);
  });

  it("is delivered again too where it was somebody else's delivery that went", async () => {
    const message = await dispatch("0x04");
    await sign(message);
    const prepared = await prepareDelivery(parameters(message));
    if (prepared.state !== "ready") throw new Error(prepared.state);
    const { control } = clients(origin);
    const snapshot = await control.snapshot();
    await origin.core.send(prepared.call.to, prepared.call.data);
    const { client, isFollowed } = watched();
    const { delivery } = start(message, { client });
    await until(isFollowed);
    await gate.closed(() => control.revert({ id: snapshot }));
    await until(() => isDelivered(message));
    await pass(3);
    await delivery;
    expect(await lastBody(origin.anvil, recipient)).toBe("0x04");
  });
});

it("what the origin's gas paymaster was paid decides, in the dispatch or later by anybody", async () => {
  const paymaster = await hub.core.deploy("test/TestInterchainGasPaymaster");
  const policies: GasPayments["policies"] = [{ type: "onChainFeeQuoting" }];
  const gasPayments = { policies, client: clients(hub).client, paymaster };
  const message = await dispatch("0x05");
  await sign(message);
  const payer = clients(hub).walletOf(await fundedAccount(hub.anvil));
  const pay = async (gas: bigint) => {
    const hash = await payer.writeContract({
      address: paymaster,
      abi: parseAbi(["function payForGas(bytes32 id, uint32 domain, uint256 gas, address refund) payable"]),
      functionName: "payForGas",
      args: [message.messageId, origin.anvil.chainId, gas, payer.account.address],
      value: gas * 10n,
    });
    await clients(hub).client.waitForTransactionReceipt({ hash });
    // Payments count once they are final.
    await clients(hub).control.mine({ blocks: 5 });
  };
  const code = (it: string) => expect.objectContaining({ code: it, actor: "user" });
  await expect(start(message, { gasPayments }).delivery).rejects.toEqual(code("HYPERLANE_GAS_UNPAID"));
  await pay(1_000n);
  await expect(start(message, { gasPayments }).delivery).rejects.toEqual(code("HYPERLANE_GAS_UNDERPAID"));
  const other = { ...gasPayments, paymaster: zeroAddress };
  await expect(start(message, { gasPayments: other }).delivery).rejects.toEqual(code("HYPERLANE_GAS_UNPAID"));
  await pay(200_000n);
  const { delivery } = start(message, { gasPayments });
  await until(() => isDelivered(message));
  await pass(3);
  expect((await delivery).receipt?.status).toBe("success");
});
