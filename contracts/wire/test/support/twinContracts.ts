import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Abi,
  BaseError,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  isHex,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { startAnvil, type TestChain } from "../../../deploy/test/startAnvil.js";

/** What a contract did with a call: gave a value, or refused with an error of this name. */
export type Reply = { readonly value: unknown } | { readonly refused: string };

/** One contract of the test's chain. */
export interface TwinContract {
  readonly address: Hex;
  /** Runtime code as it lies on the chain, immutables and all. */
  readonly code: Hex;
  /** Calls it, or the same code at another address. */
  ask(functionName: string, args: readonly unknown[], at?: Hex): Promise<Reply>;
  send(functionName: string, args: readonly unknown[]): Promise<void>;
}

const contracts = fileURLToPath(new URL("../../..", import.meta.url));
const deployer = privateKeyToAccount(`0x${"11".repeat(32)}`);

/**
 * Compiles the contracts, the harness around the internal codecs the same way as what is deployed (forge's own tests use other
 * compiler settings), and starts a chain for them.
 */
export async function startTwins() {
  compile(["build", "--skip", "test/**"]);
  compile(["build", "test/support/CodecHarness.sol"], {
    FOUNDRY_COMPILATION_RESTRICTIONS: "[]",
    FOUNDRY_OUT: "cache/twins",
    FOUNDRY_CACHE_PATH: "cache/twins.json",
  });
  const chain = await startAnvil("twins", 31_337);
  await chain.fund(deployer.address);
  const deploy = async (name: string, args: readonly unknown[] = [], out = "out"): Promise<TwinContract> => {
    const { abi, bytecode } = JSON.parse(readFileSync(`${contracts}/${out}/${name}.sol/${name}.json`, "utf8"));
    const hash = await chain.client.deployContract({
      abi,
      bytecode: bytecode.object,
      args,
      account: deployer,
      chain: null,
    });
    const { contractAddress: address } = await chain.client.waitForTransactionReceipt({ hash });
    const code = address && (await chain.client.getCode({ address }));
    if (!address || !code) throw new Error(`${name} could not be deployed`);
    return {
      address,
      code,
      ask: (functionName, given, at = address) => ask(chain, abi, at, functionName, given),
      send: (functionName, given) =>
        chain.sendAs(deployer.address, address, encodeFunctionData({ abi, functionName, args: given })),
    };
  };
  return { chain, deploy, harness: await deploy("CodecHarness", [], "cache/twins"), deployer };
}

async function ask(chain: TestChain, abi: Abi, to: Hex, functionName: string, args: readonly unknown[]) {
  const data = encodeFunctionData({ abi, functionName, args });
  try {
    const { data: returned = "0x" } = await chain.client.call({ to, data });
    return { value: decodeFunctionResult({ abi, functionName, data: returned }) };
  } catch (error) {
    const found =
      error instanceof BaseError && error.walk((it) => it instanceof Object && "data" in it && isHex(it.data));
    if (!found) throw error;
    const { data: revert } = found as unknown as { data: Hex }; // CAST: just what `walk` looked for.
    return { refused: revert === "0x" ? "(no reason)" : decodeErrorResult({ abi, data: revert }).errorName };
  }
}

function compile(args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["forge.mjs", ...args], {
    cwd: contracts,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`forge could not compile:\n${stdout}${stderr}`);
}
