import { createRequire } from "node:module";
import { HeraldError } from "@herald/wire/errors";
import type { Child, ProcessGroup } from "../processes/processGroup.js";
import { awaitReady } from "../services/awaitReady.js";
import { openUpstream } from "./rpc.js";

/** The node of one local chain. */
export interface Anvil {
  readonly child: Child;
  readonly url: string;
  readonly port: number;
  /** Gives an account so much of the native token, in wei. */
  fund(account: string, wei: bigint): Promise<void>;
  /** From now on a block every second instead of one per transaction. */
  mineEverySecond(): Promise<void>;
}

/**
 * Starts a chain that mines each transaction at once, which makes a deployment quick; `mineEverySecond` makes it a chain like others.
 * It holds no account: whoever needs money is given it by `fund`.
 */
export async function startAnvil(
  processes: ProcessGroup,
  options: { readonly name: string; readonly chainId: number; readonly port: number; readonly signal: AbortSignal },
): Promise<Anvil> {
  const { name, chainId, port, signal } = options;
  const child = await processes.spawn(`anvil-${name}`, anvilBinary(), [
    ...["--host", "127.0.0.1", "--port", String(port), "--chain-id", String(chainId), "--accounts", "0"],
    // One slot per epoch: `safe` and `finalized` trail the head by one and two blocks instead of staying at genesis.
    ...["--slots-in-an-epoch", "1", "--hardfork", "prague", "--silent"],
  ]);
  const node = openUpstream(port);
  const answers = async () => Number(await node.call("eth_chainId", [])) === chainId;
  await awaitReady(child, `chain ${name}`, signal, answers).catch((error) => {
    node.close(); // a question may hang where the port is another's
    throw error;
  });
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    port,
    fund: async (account, wei) => void (await node.call("anvil_setBalance", [account, `0x${wei.toString(16)}`])),
    mineEverySecond: async () => {
      await node.call("evm_setIntervalMining", [1]);
      node.close();
    },
  };
}

/**
 * The program itself: the package's own `anvil` command is a Node process that starts it and would stay beside it.
 * @throws HeraldError SETUP_PROGRAM_MISSING
 */
function anvilBinary(): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}/bin/anvil`;
  try {
    const here = createRequire(import.meta.url);
    return createRequire(here.resolve("@foundry-rs/anvil/package.json")).resolve(name);
  } catch (cause) {
    throw new HeraldError({
      code: "SETUP_PROGRAM_MISSING",
      message: "The program of the local chains is not installed.",
      facts: { program: "anvil", package: name },
      fix: "Run `node test/setup/toolchain.mjs`.",
      actor: "user",
      retry: "never",
      cause,
    });
  }
}
