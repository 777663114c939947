import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { sendRequest } from "@herald/relayer/cli/sendRequest";
import { clientConfigSchema } from "@herald/relayer/config/clientConfig";
import { loadConfig } from "@herald/relayer/config/loadConfig";
import { loadSigner } from "@herald/relayer/config/loadSigner";
import type { RequestView } from "@herald/relayer/service/requestView";
import { type ModelName, modelByName } from "@herald/ritual/models/modelByName";
import { askDappAbi } from "@herald/wire/abi/AskDapp";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { parseChainId } from "@herald/wire/ids";
import { decodeStateWord, type StateWord } from "@herald/wire/stateWord";
import type { Terms } from "@herald/wire/terms";
import { termsFromJson } from "@herald/wire/terms";
import { requestIdOf } from "@herald/wire/typedData";
import {
  type Address,
  createPublicClient,
  createWalletClient,
  defineChain,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  parseEventLogs,
  stringToHex,
  zeroAddress,
} from "viem";
import { heraldBin, type LocalHerald } from "../../local/startHerald.js";
import type { ChainObserver, SeenSettlement } from "../../observe/observeChain.js";
import { readView } from "../../observe/readView.js";
import { waitFor } from "./waitFor.js";

/** Somebody who uses the example dapp of a local world and looks at the chains himself. */
export function dappUser(herald: LocalHerald, observers: Readonly<Record<string, ChainObserver>>) {
  const { info } = herald;
  const configFile = info.files.client;
  const config = loadConfig(configFile, clientConfigSchema);
  const account = loadSigner(configFile, config.signer, "dapp user");

  const origin = (name: string) => {
    const found = config.origins[name];
    if (found === undefined) throw new Error(`the world has no origin ${name}`);
    return found;
  };
  const client = (name: string) =>
    createPublicClient({ transport: http(info.chains[name]?.nodeUrl), pollingInterval: 100 });
  const wallet = (name: string) =>
    createWalletClient({
      account,
      chain: defineChain({
        id: origin(name).chainId,
        name,
        nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
        rpcUrls: { default: { http: [info.chains[name]?.nodeUrl ?? ""] } },
      }),
      transport: http(info.chains[name]?.nodeUrl),
    });

  /** Sends a call, or without `to` a contract, as the user and waits for its receipt. */
  const send = async (chain: string, call: { readonly to?: Address; readonly data: Hex; readonly value?: bigint }) => {
    const hash = await wallet(chain).sendTransaction(call);
    return await client(chain).waitForTransactionReceipt({ hash });
  };
  const onGateway = (chain: string, data: Hex, value = 0n) => send(chain, { to: origin(chain).gateway, data, value });

  return {
    account,

    ask: (chain: string, model: ModelName | { readonly id: Hex }, input: string, deadlineSeconds?: number) =>
      sendRequest({
        configFile,
        config,
        chain,
        modelId: typeof model === "string" ? modelByName(model).id : model.id,
        input,
        ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
      }),

    send,

    /** Asks at the gateway itself, in the user's own name; whatever of the terms is not given asks for nothing special. */
    request: async (chain: string, model: ModelName, input: string, change: Partial<Terms> & { seconds?: number }) => {
      const { seconds = 300, ...given } = change;
      const { timestamp } = await client(chain).getBlock();
      const terms: Terms = {
        version: 1,
        salt: keccak256(stringToHex(`${input} ${Math.random()}`)),
        requester: account.address,
        consumer: account.address,
        refundTo: account.address,
        callbackGasLimit: 0,
        contextHash: keccak256("0x"),
        modelId: modelByName(model).id,
        inputHash: keccak256(stringToHex(input)),
        inputMode: 0,
        outputMode: 0,
        policyId: config.policyId,
        feeToken: zeroAddress,
        workerFee: 5n,
        relayFee: 7n,
        protocolFee: 0n,
        relayer: zeroAddress,
        deadline: Number(timestamp) + seconds,
        ...given,
      };
      const args = [terms, stringToHex(input), "0x"] as const;
      const data = encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "request", args });
      await onGateway(chain, data, terms.workerFee + terms.relayFee + terms.protocolFee);
      const ref = { chainId: parseChainId(origin(chain).chainId), gateway: origin(chain).gateway };
      return { requestId: requestIdOf(ref, terms), terms };
    },

    topUp: (chain: string, terms: Terms, amount: bigint) => {
      const call = { abi: inferenceGatewayAbi, functionName: "topUp", args: [terms, amount] } as const;
      return onGateway(chain, encodeFunctionData(call), amount);
    },

    cancel: (chain: string, terms: Terms) =>
      onGateway(chain, encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "cancel", args: [terms] })),

    /** What the gateway has said of a request, oldest first. */
    said: async (chain: string, id: Hex) => {
      const logs = await client(chain).getContractEvents({
        address: origin(chain).gateway,
        abi: inferenceGatewayAbi,
        fromBlock: 0n,
        strict: true,
      });
      return logs.filter((log) => "id" in log.args && log.args.id === id);
    },

    /** `herald request show`, as it is printed. */
    show: async (id: Hex): Promise<string> => {
      const args = [heraldBin, "request", "show", id, "--config", configFile];
      return (await promisify(execFile)(process.execPath, args)).stdout;
    },

    /** `herald status`, as it is printed. */
    status: async (): Promise<string> =>
      (await promisify(execFile)(process.execPath, [heraldBin, "status", "--config", configFile])).stdout,

    view: (id: Hex): Promise<RequestView | undefined> => readView(herald.apiUrl(), id),

    settlements: (chain: string, id: Hex): readonly SeenSettlement[] =>
      observers[chain]?.settlements.filter((it) => it.requestId === id) ?? [],

    /** Waits for the chain's own word. */
    settled: (chain: string, id: Hex, timeoutMs = 90_000): Promise<SeenSettlement> =>
      waitFor(
        `${chain} to settle ${id}`,
        () => observers[chain]?.settlements.find((it) => it.requestId === id),
        timeoutMs,
        async () => (await readView(herald.apiUrl(), id))?.reason ?? "The relayer does not know it.",
      ),

    /** Waits for the relayer to say something of the request that satisfies `accept`. */
    says: (id: Hex, what: string, accept: (view: RequestView) => boolean, timeoutMs = 60_000): Promise<RequestView> =>
      waitFor(
        what,
        async () => {
          const view = await readView(herald.apiUrl(), id);
          return view !== undefined && accept(view) ? view : undefined;
        },
        timeoutMs,
        async () => (await readView(herald.apiUrl(), id))?.reason ?? "The relayer does not know it.",
      ),

    answer: async (chain: string, id: Hex) => {
      const [answered, status, output] = await client(chain).readContract({
        // CAST: world.json names a dapp on every origin.
        address: info.dapps[chain] as Address,
        abi: askDappAbi,
        functionName: "answers",
        args: [id],
      });
      return { answered, status, output };
    },

    state: async (chain: string, id: Hex): Promise<StateWord> =>
      decodeStateWord(
        await client(chain).readContract({
          address: origin(chain).gateway,
          abi: inferenceGatewayAbi,
          functionName: "stateOf",
          args: [id],
        }),
      ),

    credit: (chain: string, who: Address) =>
      client(chain).readContract({
        address: origin(chain).gateway,
        abi: inferenceGatewayAbi,
        functionName: "credits",
        args: [zeroAddress, who],
      }),

    /** The complete terms, from the chain's own event. */
    terms: async (chain: string, tx: Hex): Promise<Terms> => {
      const receipt = await client(chain).getTransactionReceipt({ hash: tx });
      const [opened] = parseEventLogs({ abi: inferenceGatewayAbi, eventName: "RequestOpened", logs: receipt.logs });
      if (opened === undefined) throw new Error(`${tx} opened no request`);
      const { workerFee, relayFee, protocolFee, ...rest } = opened.args.terms;
      return termsFromJson({
        ...rest,
        workerFee: String(workerFee),
        relayFee: String(relayFee),
        protocolFee: String(protocolFee),
      });
    },

    /** Expires a request as anybody may, and waits for the receipt. */
    expire: async (chain: string, terms: Terms) => {
      const hash = await wallet(chain).writeContract({
        address: origin(chain).gateway,
        abi: inferenceGatewayAbi,
        functionName: "expire",
        args: [terms],
      });
      return await client(chain).waitForTransactionReceipt({ hash });
    },

    now: async (chain: string): Promise<bigint> => (await client(chain).getBlock()).timestamp,
  };
}

export type DappUser = ReturnType<typeof dappUser>;
