import { setMaxListeners } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localLocation } from "@herald/chains/hyperlane/storage/storageNames";
import { createTransactionSender, type TransactionSender } from "@herald/chains/send/transactionSender";
import { runValidator } from "@herald/chains/validator/validator";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { encodeResultsBody } from "@herald/wire/body";
import type { Json } from "@herald/wire/canonicalJson";
import { evidenceHashOf } from "@herald/wire/evidence";
import { parseChainId, parseModelId } from "@herald/wire/ids";
import { silentLog } from "@herald/wire/log";
import { encodeAttestedProof, encodeResultItem } from "@herald/wire/result";
import type { Terms } from "@herald/wire/terms";
import { answerTypedData, type GatewayRef, requestIdOf } from "@herald/wire/typedData";
import {
  type Address,
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  keccak256,
  type LocalAccount,
  pad,
  parseAbiParameters,
  stringToHex,
  zeroAddress,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { clientsOf, fundedAccount, startAnvil } from "../../chains/test/support/anvil.js";
import { deployHyperlane } from "../../chains/test/support/hyperlane.js";
import { MemoryTransactionStore } from "../../chains/test/support/memoryTransactionStore.js";
import type { RequestBodies } from "../src/activities/requestBodies.js";
import { readGatewayState } from "../src/effects/gatewayState.js";
import type { Explanation } from "../src/effects/outbox.js";
import { resultArgument, type SettledResult } from "../src/effects/settledResult.js";
import type { Inference } from "../src/flows/contract.js";

const POLL_MS = 20;
const newAccount = () => privateKeyToAccount(generatePrivateKey());

/** Of policy 2; policy 1 has none. */
export const WINDOW_SECONDS = 100;
export const takesAll = "0x00000000000000000000000000000000000000a1";
export const takesNone = "0x00000000000000000000000000000000000000a2";

/** A hub and an origin with Hyperlane's and Herald's real contracts on them, two validators and two workers. */
export async function openLane(names: { readonly hub: number; readonly origin: number }) {
  const scratch = mkdtempSync(join(tmpdir(), "herald-lane-"));
  const workers = [newAccount(), newAccount()] as const;
  const validators = [newAccount(), newAccount()].map((account, i) => ({ account, folder: join(scratch, `v${i}`) }));
  const security = { validators: validators.map((it) => it.account.address), threshold: 2 };
  const open = async (chainId: number) => {
    const anvil = await startAnvil(chainId);
    const [owner, ours] = [await fundedAccount(anvil), await fundedAccount(anvil)];
    const clients = clientsOf(anvil);
    const hyperlane = await deployHyperlane(anvil, owner);
    const deploy = async (contract: string, args: Hex = "0x"): Promise<Address> => {
      const nonce = await clients.client.getTransactionCount({ address: owner.address });
      await mined(clients, owner, { data: concatHex([bytecodeOf(contract), args]) });
      return getContractAddress({ from: owner.address, nonce: BigInt(nonce) });
    };
    const configure = (to: Address, data: Hex) => mined(clients, owner, { to, data });
    return { anvil, ...clients, owner, ours, hyperlane, deploy, configure, domain: chainId };
  };
  const [hub, origin] = await Promise.all([open(names.hub), open(names.origin)]);

  const two = parseAbiParameters("address, address");
  const resultHub = await hub.deploy("ResultHub", encodeAbiParameters(two, [hub.hyperlane.mailbox, hub.owner.address]));
  const onHub = { abi: resultHubAbi } as const;
  const publisher = [hub.ours.address, true] as const;
  await hub.configure(resultHub, encodeFunctionData({ ...onHub, functionName: "setPublisher", args: publisher }));

  const ism = await origin.hyperlane.multisig(security.validators, security.threshold);
  const { owner } = origin;
  const wiring = [origin.hyperlane.mailbox, ism, owner.address, owner.address] as const;
  const four = parseAbiParameters("address, address, address, address");
  const gateway = await origin.deploy("InferenceGateway", encodeAbiParameters(four, wiring));
  const workerSets = await origin.deploy("WorkerSets");
  const one = parseAbiParameters("address");
  const verifier = await origin.deploy("AttestedVerifier", encodeAbiParameters(one, [workerSets]));
  const members = workers.map((it) => ({ key: it.address, operator: newAccount().address }));
  const setOf = [owner.address, owner.address, members] as const;
  await origin.configure(
    workerSets,
    encodeFunctionData({ abi: workerSetsAbi, functionName: "registerSet", args: setOf }),
  );
  // The first of each has the number 1.
  const policyId = 1;
  const policy = { verifier, setId: 1, k: 2, minTtl: 1, window: 0, verifyGas: 300_000 };
  const onGateway = { abi: inferenceGatewayAbi } as const;
  await origin.configure(gateway, encodeFunctionData({ ...onGateway, functionName: "registerPolicy", args: [policy] }));
  const windowed = { ...policy, window: WINDOW_SECONDS };
  await origin.configure(
    gateway,
    encodeFunctionData({ ...onGateway, functionName: "registerPolicy", args: [windowed] }),
  );
  // Consumers that take every answer, and none.
  await origin.control.setCode({ address: takesAll, bytecode: "0x00" });
  await origin.control.setCode({ address: takesNone, bytecode: "0x60006000fd" });
  const lanes = [hub.domain, pad(resultHub), true] as const;
  await origin.configure(gateway, encodeFunctionData({ ...onGateway, functionName: "setHub", args: lanes }));
  const back = [origin.domain, pad(gateway), 12_000_000] as const;
  await hub.configure(resultHub, encodeFunctionData({ ...onHub, functionName: "setGateway", args: back }));

  async function impersonate(from: Address, call: { readonly to: Address; readonly data: Hex }): Promise<void> {
    const { control, client } = origin;
    await control.impersonateAccount({ address: from });
    await control.setBalance({ address: from, value: 10n ** 18n });
    const hash = await control.sendUnsignedTransaction({ ...call, from, gas: 3_000_000n });
    const { status } = await client.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
    if (status !== "success") throw new Error(`${hash} reverted`);
  }

  /** What the gateway's own events say of a result, as an index would. */
  async function resultOf({ requestId }: RequestBodies): Promise<SettledResult> {
    const logs = await origin.client.getContractEvents({
      address: gateway,
      abi: inferenceGatewayAbi,
      eventName: "ResultDelivered",
      args: { id: requestId },
      fromBlock: 0n,
      strict: true,
    });
    const [log] = logs;
    if (log === undefined) throw new Error(`no result of ${requestId}`);
    const { status, outputHash, evidenceHash, relayer, payees, output } = log.args;
    return { status, outputHash, evidenceHash, relayer, payees, output, topUp: "0" };
  }

  const ref: GatewayRef = { chainId: parseChainId(names.origin), gateway };
  const stop = new AbortController();
  // Every sender and validator of the tests listens to it.
  setMaxListeners(0, stop.signal);
  const ended: Promise<unknown>[] = [];
  let asked = 0;

  return {
    hub,
    origin,
    resultHub,
    ref,
    workers,
    validators: validators.map(({ account, folder }) => ({ address: account.address, storage: localLocation(folder) })),
    /** From now on this validator signs what the hub dispatches, and what it dispatched before. */
    startValidator(which: 0 | 1): void {
      const { account, folder } = validators[which] ?? { account: newAccount(), folder: scratch };
      const { mailbox, merkleTreeHook, validatorAnnounce } = hub.hyperlane;
      const place = { chain: "hub", client: hub.client, domain: names.hub, mailbox, merkleTreeHook, validatorAnnounce };
      const way = { reorgPeriod: 0, pollMs: POLL_MS, announce: "skip", log: silentLog, signal: stop.signal } as const;
      ended.push(runValidator({ ...place, ...way, account, storageFolder: folder }));
    },
    /** The request a user made on the origin; `open: false` leaves it to be one that is not on the chain. */
    async ask(
      change: { readonly open?: boolean; readonly seconds?: number; readonly terms?: Partial<Terms> } = {},
    ): Promise<RequestBodies> {
      const input = stringToHex(`question ${asked++}`);
      const { timestamp } = await origin.client.getBlock();
      const terms: Terms = {
        version: 1,
        salt: keccak256(input),
        requester: origin.ours.address,
        consumer: origin.ours.address,
        refundTo: origin.ours.address,
        callbackGasLimit: 0,
        contextHash: keccak256("0x"),
        modelId: parseModelId(keccak256(stringToHex("a model"))),
        inputHash: keccak256(input),
        inputMode: 0,
        outputMode: 0,
        policyId,
        feeToken: zeroAddress,
        workerFee: 5n,
        relayFee: 7n,
        protocolFee: 0n,
        relayer: zeroAddress,
        deadline: Number(timestamp) + (change.seconds ?? 600),
        ...change.terms,
      };
      if (change.open !== false) {
        const data = encodeFunctionData({
          abi: inferenceGatewayAbi,
          functionName: "request",
          args: [terms, input, "0x"],
        });
        await mined(origin, origin.ours, { to: ref.gateway, data, value: 12n });
      }
      const id = requestIdOf(ref, terms);
      return { requestId: id, chain: "origin", ref, terms, input, context: "0x", finalAt: Date.now() };
    },
    /** What the workers answered; `by` others than the set's are what a liar would send. */
    async answer(request: RequestBodies, by: readonly LocalAccount[] = workers): Promise<Inference> {
      const output = stringToHex(`answer to ${request.requestId}`);
      const { requestId: id } = request;
      const evidenceHash = evidenceHashOf({ id, modelId: request.terms.modelId, output, proof: "0x" });
      const answers = await Promise.all(
        by.map(async (account) => {
          const parties = { payee: account.address, relayer: origin.ours.address };
          const answer = { id, status: 1, outputHash: keccak256(output), evidenceHash, ...parties };
          const signature = await account.signTypedData(answerTypedData(ref, answer));
          return { answer, signature, worker: account.address };
        }),
      );
      return { status: 1, output, answers, at: Date.now() };
    },
    /** Brings an answer to the gateway as its Mailbox would, whoever's it is. */
    async deliver(request: RequestBodies, { status, output, answers }: Inference): Promise<void> {
      const [first] = answers;
      if (first === undefined) throw new Error("nobody answered");
      const { outputHash, evidenceHash, relayer } = first.answer;
      // CAST: hex by construction, see `Inference`.
      const carried = request.terms.outputMode === 1 ? "0x" : (output as Hex);
      const proof = encodeAttestedProof(answers.map((it) => ({ ...it, signer: it.worker, payee: it.answer.payee })));
      const said = { status, outputHash, evidenceHash, relayer, context: request.context };
      const item = encodeResultItem({ terms: request.terms, ...said, output: carried, proof });
      const args = [hub.domain, pad(resultHub), encodeResultsBody([item])] as const;
      await impersonate(origin.hyperlane.mailbox, {
        to: gateway,
        data: encodeFunctionData({ ...onGateway, functionName: "handle", args }),
      });
    },
    /** What the policies' verifier does with a pending result. */
    async rules(request: RequestBodies, ruling: "dispute" | "uphold" | "overturn"): Promise<void> {
      const args = [request.terms] as const;
      const data =
        ruling === "overturn"
          ? encodeFunctionData({
              ...onGateway,
              functionName: ruling,
              args: [request.terms, resultArgument(await resultOf(request)), request.context],
            })
          : encodeFunctionData({ ...onGateway, functionName: ruling, args });
      await impersonate(verifier, { to: gateway, data });
    },
    resultOf,
    /** The gateway's word on a request. */
    stateOf: ({ requestId }: RequestBodies) => readGatewayState(origin.client, gateway, requestId),
    async passTime(seconds: number): Promise<void> {
      await origin.control.increaseTime({ seconds });
      await origin.control.mine({ blocks: 1 });
    },
    /** A sender as one process has it; a restart makes another one with the same store. */
    sender(side: "hub" | "origin", store = new MemoryTransactionStore()): TransactionSender {
      const { anvil, client, ours: account } = side === "hub" ? hub : origin;
      const wired = { chain: side, chainId: anvil.chainId, client, account, store };
      return createTransactionSender({ ...wired, pollMs: POLL_MS, log: silentLog, signal: stop.signal });
    },
    /** Sends from a stranger's key. */
    async strangerSends(call: { readonly to: Hex; readonly data: Hex }): Promise<Hex> {
      return await mined(origin, await fundedAccount(origin.anvil), call);
    },
    async close(): Promise<void> {
      stop.abort();
      await Promise.allSettled(ended);
      await Promise.all([hub.anvil.stop(), origin.anvil.stop()]);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

export type Lane = Awaited<ReturnType<typeof openLane>>;

async function mined(
  on: Pick<ReturnType<typeof clientsOf>, "client" | "walletOf">,
  account: LocalAccount,
  call: { readonly to?: Hex; readonly data: Hex; readonly value?: bigint },
): Promise<Hex> {
  const hash = await on.walletOf(account).sendTransaction(call);
  const { status } = await on.client.waitForTransactionReceipt({ hash, pollingInterval: POLL_MS });
  if (status !== "success") throw new Error(`${hash} reverted`);
  return hash;
}

function bytecodeOf(contract: string): Hex {
  const artifact = new URL(`../../contracts/out/${contract}.sol/${contract}.json`, import.meta.url);
  return JSON.parse(readFileSync(artifact, "utf8")).bytecode.object;
}

/** An index that knows these requests. */
export function indexOf(requests: readonly RequestBodies[]) {
  return {
    bodies: async (requestId: string): Promise<RequestBodies> => {
      const found = requests.find((it) => it.requestId === requestId);
      if (found === undefined) throw new Error(`${requestId} is not in the index`);
      return found;
    },
  };
}

/** Keeps what a writer said of a batch, and its notes as the store would: through JSON. */
export function noteBook() {
  const said: (Pick<Explanation, "reason" | "actor"> & Partial<Explanation>)[] = [];
  const book = {
    said,
    notes: null as Json,
    explain: async (reason: string, actor: Explanation["actor"] = "nobody", more: Partial<Explanation> = {}) =>
      void said.push({ reason, actor, ...more }),
    save: async (notes: Json) => {
      book.notes = JSON.parse(JSON.stringify(notes));
    },
  };
  return book;
}

/** Spans by what was waited for. */
export function spanBook() {
  const spans: { readonly what: string; readonly ids: readonly string[]; readonly ms: number }[] = [];
  return {
    spans,
    record: async (ids: readonly string[], what: string, from: number, to: number) =>
      void spans.push({ what, ids, ms: to - from }),
  };
}
