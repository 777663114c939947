// A process that sends until it is killed: node sendingProcess.mjs '{ url, chainId, key, folder, ids }'. Says every boundary it crosses to
// store and chain before and after, and "done" when all ids are final. Runs what the build made of the sender.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createTransactionSender } from "@herald/chains/send/transactionSender";
import { HeraldError } from "@herald/wire/errors";
import { BaseError, createPublicClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const { url, chainId, key, folder, ids } = JSON.parse(process.argv[2] ?? "{}");
mkdirSync(folder, { recursive: true });

/** Says where it is at once: nothing may be left in a buffer when the kill comes. */
async function crossing(what, call) {
  process.stdout.write(`${what}\n`);
  const result = await call();
  process.stdout.write(`${what} done\n`);
  return result;
}

const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const records = () => readdirSync(folder).flatMap((name) => (name.endsWith(".json") ? [read(name)] : []));
const store = {
  find: (_chain, _sender, id) => crossing("find", async () => records().find((it) => it.id === id)),
  unfinished: () => crossing("unfinished", async () => records().filter((it) => it.settledAt === null)),
  spentOn: () => Promise.resolve([]),
  highestFinalNonce: () =>
    crossing("highest final nonce", async () => {
      const open = new Set(records().flatMap((it) => (it.settledAt === null ? [it.nonce] : [])));
      const final = records().flatMap((it) => (it.settledAt === null || open.has(it.nonce) ? [] : [it.nonce]));
      return final.length === 0 ? undefined : Math.max(...final);
    }),
  // One process at a time is what this test is about; the next one starts when the one before it is dead.
  acquire: () => Promise.resolve(1),
  renew: () => Promise.resolve(true),
  save: (record) =>
    crossing("save", async () => {
      const file = join(folder, encodeURIComponent(record.id));
      writeFileSync(`${file}.part`, JSON.stringify(record));
      renameSync(`${file}.part`, `${file}.json`);
      return true;
    }),
};
const chain = {
  id: chainId,
  name: "anvil",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: {},
};
const plain = createPublicClient({ chain, transport: http(url, { retryCount: 0 }), cacheTime: 0 });
const client = {
  ...plain,
  sendRawTransaction: (call) => crossing("broadcast", () => plain.sendRawTransaction(call)),
  getTransactionReceipt: (call) => crossing("receipt", () => plain.getTransactionReceipt(call)),
};
const quiet = () => undefined;
const log = { error: quiet, warn: quiet, info: quiet, debug: quiet, child: () => log };
const sender = createTransactionSender({
  ...{ chain: "kill", chainId, client, store, log, signal: new AbortController().signal },
  ...{ account: privateKeyToAccount(key), pollMs: 15, escalateAfterMs: 400, rebroadcastAfterMs: 80 },
});

await Promise.all(
  ids.map(async ({ id, to, data }) => {
    for (;;) {
      try {
        await sender.send({ id, to, data });
        await sender.final(id);
        return;
      } catch (error) {
        // A fault of the programs would fail the same way for ever.
        if (!(error instanceof HeraldError || error instanceof BaseError)) throw error;
        await delay(10);
      }
    }
  }),
);
process.stdout.write("all final\n");
process.exit(0);
