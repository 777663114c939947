import { silentLog } from "@herald/wire/log";
import type { Hex } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import type { Finality } from "../src/watch/finality.js";
import { readTransactionEvents } from "../src/watch/transactionEvents.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { type FaultyProxy, honest, lying, startFaultyProxy } from "./support/faultyProxy.js";
import { deployGateway, type GatewayFixture, noise } from "./support/gatewayFixture.js";

const CHAIN_ID = 31904;

let anvil: Anvil;
let proxies: readonly [FaultyProxy, FaultyProxy];
let gateway: GatewayFixture;

beforeEach(async () => {
  anvil = await startAnvil(CHAIN_ID);
  proxies = [await startFaultyProxy(anvil.url), await startFaultyProxy(anvil.url)];
  gateway = await deployGateway(anvil);
});
afterEach(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await anvil.stop();
});

function read(txHash: Hex, finality: Finality = { type: "latest", confirmations: 2 }) {
  const providers = proxies.map(({ url }, i) => ({ name: `p${i}`, url }));
  const client = createQuorumClient({ chain: "test", chainId: CHAIN_ID, providers, quorum: 2, log: silentLog });
  return readTransactionEvents({ client, chain: "test", ref: gateway.ref, finality, txHash });
}

/** The transaction in the newest block. */
async function newest() {
  const block = await clientsOf(anvil).client.getBlock();
  const [txHash = "0x"] = block.transactions;
  return { txHash, block };
}

test("a transaction is read though every provider leaves its logs out of lists", async () => {
  for (const proxy of proxies) proxy.behave(lying("eth_getLogs", () => []));
  const id = await gateway.ask("one");
  const { txHash, block } = await newest();
  const seen = await read(txHash);
  expect(seen).toMatchObject({ chain: "test", isFinal: false, block: { number: block.number, hash: block.hash } });
  expect(seen.events).toMatchObject([{ type: "RequestOpened", id, seq: 1n, txHash, input: "0x6f6e65" }]);
  expect([...seen.states]).toEqual([[id, "open"]]);
  await clientsOf(anvil).control.mine({ blocks: 2 });
  expect((await read(txHash)).isFinal).toBe(true);
});

test("a request that is settled by now is shown as settled", async () => {
  const id = await gateway.ask("one");
  const { txHash } = await newest();
  await gateway.expire(id);
  expect([...(await read(txHash)).states]).toEqual([[id, "expired"]]);
  expect((await read((await newest()).txHash)).events).toMatchObject([{ type: "RequestExpired", id }]);
});

test("one provider's forged receipt is not believed, nor is one both forge", async () => {
  await gateway.ask("one");
  const { txHash } = await newest();
  const forged = lying("eth_getTransactionReceipt", (receipt) =>
    JSON.parse(JSON.stringify(receipt).replaceAll("6f6e65", "74776f")),
  );
  proxies[0].behave(forged);
  await expect(read(txHash)).rejects.toMatchObject({ code: "CHAIN_QUORUM_DISAGREEMENT" });
  proxies[1].behave(forged);
  await expect(read(txHash)).rejects.toMatchObject({ code: "WATCH_EVENT_INVALID" });
  for (const proxy of proxies) proxy.behave(honest);
  expect((await read(txHash)).events).toHaveLength(1);
});

test("a receipt from a block the chain has left is not taken", async () => {
  await gateway.ask("one");
  const { txHash, block } = await newest();
  for (const proxy of proxies) {
    proxy.behave(async (call, forward) => {
      const reply = await forward(call);
      const isOurs = call.method === "eth_getBlockByNumber" && call.params[0] === `0x${block.number.toString(16)}`;
      return isOurs && "result" in reply ? { result: Object.assign({}, reply.result, { hash: noise(3) }) } : reply;
    });
  }
  await expect(read(txHash)).rejects.toMatchObject({ code: "WATCH_CHAIN_MOVED" });
});

test("what is no transaction of the gateway's says so", async () => {
  await expect(read(noise(1))).rejects.toMatchObject({ code: "WATCH_TRANSACTION_UNKNOWN", actor: "user" });
  const account = await fundedAccount(anvil);
  const other = await clientsOf(anvil).walletOf(account).sendTransaction({ to: account.address, value: 1n });
  await clientsOf(anvil).client.waitForTransactionReceipt({ hash: other });
  await expect(read(other)).rejects.toMatchObject({ code: "WATCH_TRANSACTION_SILENT", actor: "user" });
});
