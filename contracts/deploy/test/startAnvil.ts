import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { createTestClient, type Hex, http, parseEther, publicActions, walletActions } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

/** An anvil that mines each transaction at once, and a client with all its powers. */
export type TestChain = Awaited<ReturnType<typeof startAnvil>>;

/** Starts a chain on a port of its own choice. */
export async function startAnvil(name: string, chainId: number) {
  const command = createRequire(import.meta.url).resolve("@foundry-rs/anvil/bin.mjs");
  const args = ["--port", "0", "--chain-id", String(chainId), "--hardfork", "prague"];
  const node = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  const exited = once(node, "exit");
  let port: string | undefined;
  for await (const line of createInterface({ input: node.stdout })) {
    port = /^Listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port) break;
  }
  node.stdout.resume();
  if (!port) throw new Error("anvil did not start");
  const rpc = `http://127.0.0.1:${port}`;
  const client = createTestClient({ mode: "anvil", transport: http(rpc), cacheTime: 0, pollingInterval: 10 })
    .extend(publicActions)
    .extend(walletActions);
  return {
    ...{ name, chainId, rpc, client },
    fund: (address: Hex) => client.setBalance({ address, value: parseEther("1000") }),
    /** Sends as anyone, contracts included. */
    sendAs: async (from: Hex, to: Hex, data: Hex) => {
      await client.setBalance({ address: from, value: parseEther("1000") });
      await client.impersonateAccount({ address: from });
      const hash = await client.sendTransaction({ account: from, to, data, chain: null });
      const { status } = await client.waitForTransactionReceipt({ hash });
      if (status !== "success") throw new Error("the test's transaction failed");
    },
    stop: async () => {
      node.kill("SIGTERM");
      await exited;
    },
  };
}

export function newKey() {
  const key = generatePrivateKey();
  return { key, account: privateKeyToAccount(key), address: privateKeyToAccount(key).address };
}
