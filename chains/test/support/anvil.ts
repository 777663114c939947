import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createPublicClient, createTestClient, createWalletClient, http, type LocalAccount, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Gate } from "./gate.js";

const architecture = process.arch === "x64" ? "amd64" : process.arch;
// The program itself, not npm's launcher: ending that would leave its child behind.
const binary = createRequire(import.meta.url).resolve(
  `@foundry-rs/anvil-${process.platform}-${architecture}/bin/anvil`,
);

/** A running anvil. */
export interface Anvil {
  readonly url: string;
  readonly chainId: number;
  stop(): Promise<void>;
}

/** Starts a real anvil on a free port; it mines at once unless `--block-time` or `--no-mining` is given. */
export async function startAnvil(chainId: number, ...flags: readonly string[]): Promise<Anvil> {
  const args = ["--port", "0", "--chain-id", String(chainId), "--slots-in-an-epoch", "1", ...flags];
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const url = await listening(child);
  return {
    url,
    chainId,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      const address = /Listening on (\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(`http://${address}`);
    });
    child.once("exit", (code) => reject(new Error(`anvil ended with ${code}: ${said}`)));
  });
}

/** Clients that never cache and never retry; what they ask can be made to pass a gate, what `control` does goes to the node directly. */
export function clientsOf({ url, chainId }: Anvil, gate?: Gate) {
  const direct = http(url, { retryCount: 0 });
  const transport = gate?.transport(url) ?? direct;
  const chain = {
    id: chainId,
    name: `anvil ${chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  };
  return {
    client: createPublicClient({ chain, transport, pollingInterval: 50, cacheTime: 0, ccipRead: false }),
    control: createTestClient({ chain, transport: direct, mode: "anvil" }),
    walletOf: (account: LocalAccount) => createWalletClient({ account, chain, transport }),
  };
}

/** A new account with 100 ether. */
export async function fundedAccount(anvil: Anvil): Promise<LocalAccount> {
  const account = privateKeyToAccount(generatePrivateKey());
  await clientsOf(anvil).control.setBalance({ address: account.address, value: parseEther("100") });
  return account;
}
