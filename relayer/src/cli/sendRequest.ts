import { askDappAbi } from "@herald/wire/abi/AskDapp";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { HeraldError } from "@herald/wire/errors";
import { parseModelId, parseRequestId, type RequestId } from "@herald/wire/ids";
import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  defineChain,
  formatEther,
  type Hex,
  http,
  InsufficientFundsError,
  parseEventLogs,
} from "viem";
import type { ClientConfig } from "../config/clientConfig.js";
import { loadSigner } from "../config/loadSigner.js";

/** A request to be sent, by whoever holds a client configuration. */
export interface SendParameters {
  readonly config: ClientConfig;
  /** Where the configuration came from; its key file is relative to this file. */
  readonly configFile: string;
  /** Name of the origin chain. */
  readonly chain: string;
  readonly modelId: Hex;
  readonly input: string;
  /** From the chain's present time. Default 300. */
  readonly deadlineSeconds?: number;
  /** Wei. Default 0.0001 ether. */
  readonly workerFee?: bigint;
  /** Wei. Default 0.0001 ether. */
  readonly relayFee?: bigint;
}

/** A request that is on its chain. */
export interface SentRequest {
  readonly requestId: RequestId;
  readonly tx: Hex;
  readonly block: bigint;
  readonly gasUsed: bigint;
  /** Unix seconds. */
  readonly deadline: number;
}

export const DEFAULT_FEE_WEI = 100_000_000_000_000n;
export const DEFAULT_DEADLINE_SECONDS = 300;

/** The dapp passes the gateway's errors through, so both ABIs are needed to name one. */
const abi = [...askDappAbi, ...inferenceGatewayAbi.filter((item) => item.type === "error")] as const;

/**
 * Asks through the example dapp and waits until the request is in a block. May be called many times at once with one key.
 * @throws HeraldError REQUEST_UNKNOWN_CHAIN, REQUEST_CHAIN_UNREACHABLE, REQUEST_UNFUNDED and REQUEST_REFUSED and REQUEST_NOT_SENT
 * (nothing sent), REQUEST_NOT_MINED, REQUEST_NOT_OPENED, CONFIG_KEY_UNUSABLE
 */
export async function sendRequest(parameters: SendParameters): Promise<SentRequest> {
  const { config, configFile, input, workerFee = DEFAULT_FEE_WEI, relayFee = DEFAULT_FEE_WEI } = parameters;
  const origin = originOf(config, parameters.chain);
  const modelId = parseModelId(parameters.modelId);
  const account = loadSigner(configFile, config.signer, "signer");
  const chain = defineChain({
    id: origin.chainId,
    name: parameters.chain,
    nativeCurrency: { name: "native token", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [origin.rpc] } },
  });
  const transport = http(origin.rpc, { retryCount: 1 });
  const client = createPublicClient({ chain, transport, pollingInterval: 100 });
  const gateway = { address: origin.gateway, abi: inferenceGatewayAbi } as const;
  const [protocolFee, block, balance] = await reached(chain.name, origin.rpc, () =>
    Promise.all([
      client.readContract({ ...gateway, functionName: "protocolFee" }),
      client.getBlock(),
      client.getBalance({ address: account.address }),
    ]),
  );
  // The chain's clock decides; a local chain's may be ahead of ours.
  const now = Math.max(Number(block.timestamp), Math.floor(Date.now() / 1000));
  const deadline = now + (parameters.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS);
  const ask = {
    account,
    address: origin.dapp,
    abi,
    functionName: "ask",
    args: [modelId, input, config.policyId, workerFee, relayFee, deadline],
    value: workerFee + relayFee + protocolFee,
  } as const;
  const purse: Purse = { chain: chain.name, account: account.address, balance, need: ask.value };
  if (balance < ask.value) throw unfunded(purse);
  let tx: Hex;
  try {
    const { request } = await client.simulateContract(ask);
    const wallet = createWalletClient({ account, chain, transport });
    tx = await inTurn(`${chain.id}/${account.address}`, () => wallet.writeContract(request));
  } catch (error) {
    throw refused(error, purse, now);
  }
  const receipt = await client.waitForTransactionReceipt({ hash: tx }).catch((error: unknown) => {
    throw notMined(chain.name, tx, error);
  });
  if (receipt.status === "reverted") throw noRequest(chain.name, tx);
  const [opened] = parseEventLogs({ abi: inferenceGatewayAbi, eventName: "RequestOpened", logs: receipt.logs });
  if (opened === undefined) throw noRequest(chain.name, tx);
  const { blockNumber, gasUsed } = receipt;
  return { requestId: parseRequestId(opened.args.id), tx, block: blockNumber, gasUsed, deadline };
}

const turns = new Map<string, Promise<unknown>>();

/** One sending at a time for each key and chain: the node gives out the next nonce only once it holds the last transaction. */
function inTurn<T>(key: string, send: () => Promise<T>): Promise<T> {
  const sent = (turns.get(key) ?? Promise.resolve()).then(send, send);
  turns.set(
    key,
    sent.catch(() => undefined),
  );
  return sent;
}

/** What the sender has, and what the request takes apart from gas, in wei. */
interface Purse {
  readonly chain: string;
  readonly account: string;
  readonly balance: bigint;
  readonly need: bigint;
}

function unfunded({ chain, account, balance, need }: Purse): HeraldError {
  return new HeraldError({
    code: "REQUEST_UNFUNDED",
    message: "The account has too little for the fees and the gas; nothing was sent.",
    facts: {
      ...{ chain, account },
      balance: `${formatEther(balance)} ether`,
      need: `${formatEther(need)} ether and the gas`,
    },
    fix: "Send the account some, or offer lower fees (--worker-fee, --relay-fee).",
    actor: "user",
    retry: "never",
  });
}

function refused(error: unknown, purse: Purse, now: number): unknown {
  if (!(error instanceof BaseError)) return error;
  if (error.walk((it) => it instanceof InsufficientFundsError) !== null) return unfunded(purse);
  const revert = error.walk((it) => it instanceof ContractFunctionRevertedError);
  if (!(revert instanceof ContractFunctionRevertedError)) return notSent(purse.chain, error);
  const inputs = abi.find((item) => item.type === "error" && item.name === revert.data?.errorName)?.inputs ?? [];
  const args = revert.data?.args ?? [];
  // DeadlineTooNear and DeadlineTooFar; unix times alone tell a reader nothing.
  const isTime = revert.data?.errorName.startsWith("Deadline");
  return new HeraldError({
    code: "REQUEST_REFUSED",
    message: "The gateway does not take the request; nothing was sent.",
    facts: {
      error: revert.data?.errorName ?? revert.reason ?? revert.signature,
      ...Object.fromEntries(
        args.map((value, i) => [inputs[i]?.name || `argument ${i}`, isTime ? fromNow(value, now) : value]),
      ),
    },
    fix: "Correct what the error names.",
    actor: "user",
    retry: "never",
  });
}

function fromNow(unixSeconds: unknown, now: number): string {
  return `${unixSeconds} (${Number(unixSeconds) - now} s from now)`;
}

function notSent(chain: string, cause: BaseError): HeraldError {
  return new HeraldError({
    code: "REQUEST_NOT_SENT",
    message: "The chain did not take the transaction.",
    facts: { chain, reason: cause.shortMessage, details: firstLine(cause.details) },
    fix: "See what the node says; try again if it was busy or away.",
    actor: "operator",
    retry: { afterMs: 1_000 },
  });
}

function notMined(chain: string, hash: string, cause: unknown): HeraldError {
  return new HeraldError({
    code: "REQUEST_NOT_MINED",
    message: "The transaction was sent, but no block with it was seen in time.",
    facts: { chain, hash, reason: cause instanceof BaseError ? cause.shortMessage : String(cause) },
    fix: "Look for the transaction before sending again; it may still be mined.",
    actor: "operator",
    retry: { afterMs: 10_000 },
  });
}

function firstLine(text: string | undefined): string {
  return (text ?? "").split("\n", 1)[0]?.slice(0, 300) ?? "";
}

function originOf(config: ClientConfig, chain: string): ClientConfig["origins"][string] {
  const origin = config.origins[chain];
  if (origin !== undefined) return origin;
  throw new HeraldError({
    code: "REQUEST_UNKNOWN_CHAIN",
    message: "The configuration has no such chain.",
    facts: { chain, known: Object.keys(config.origins).join(", ") },
    fix: "Name one of those it has.",
    actor: "user",
    retry: "never",
  });
}

async function reached<T>(chain: string, rpc: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new HeraldError({
      code: "REQUEST_CHAIN_UNREACHABLE",
      message: "The chain does not answer.",
      facts: { chain, rpc },
      fix: "Check that the chain runs and that the configuration names its URL.",
      actor: "operator",
      retry: { afterMs: 1_000 },
      cause,
    });
  }
}

function noRequest(chain: string, hash: string): HeraldError {
  return new HeraldError({
    code: "REQUEST_NOT_OPENED",
    message: "The transaction landed, but the gateway opened no request in it.",
    facts: { chain, hash },
    fix: "Look at the transaction; check that dapp and gateway of the configuration belong together.",
    actor: "operator",
    retry: "never",
  });
}
