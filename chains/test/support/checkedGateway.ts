import { readFileSync } from "node:fs";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import { encodeResultsBody } from "@herald/wire/body";
import { parseChainId, parseModelId } from "@herald/wire/ids";
import { encodeAttestedProof, encodeResultItem, type ResultItem } from "@herald/wire/result";
import type { Terms } from "@herald/wire/terms";
import { answerTypedData, type GatewayRef, requestIdOf } from "@herald/wire/typedData";
import {
  type Address,
  concatHex,
  encodeAbiParameters,
  type Hex,
  keccak256,
  type LocalAccount,
  parseAbiParameters,
  stringToHex,
  zeroAddress,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { type Anvil, clientsOf, fundedAccount } from "./anvil.js";

/** A gateway whose policy 1 wants two workers' signatures, as they are in production. */
export interface CheckedGateway {
  readonly ref: GatewayRef;
  /** The set's workers. */
  readonly workers: readonly LocalAccount[];
  /** Terms of a request nobody has made yet. */
  terms(question: string, change?: Partial<Terms>): Terms;
  /** Makes the request of these terms. */
  ask(question: string, terms: Terms): Promise<void>;
  /** A message body with the answer these workers gave; `change` is what a liar does to it afterwards. */
  body(terms: Terms, by: readonly LocalAccount[], change?: Partial<ResultItem>): Promise<Hex>;
}

/** Mailbox, security module and fee recipient, of which nothing is wanted here. */
const SOMEONE = "0x00000000000000000000000000000000000000bb";

/** Deploys the real gateway, registry of sets and verifier. */
export async function deployCheckedGateway(anvil: Anvil): Promise<CheckedGateway> {
  const { client, walletOf } = clientsOf(anvil);
  const owner = await fundedAccount(anvil);
  const wallet = walletOf(owner);
  const deadline = Number((await client.getBlock()).timestamp) + 10_000;
  async function mined(hash: Hex): Promise<Address> {
    const { status, contractAddress } = await client.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`${hash} reverted`);
    return contractAddress ?? zeroAddress;
  }
  const deploy = async (contract: string, args: Hex = "0x") =>
    mined(await wallet.sendTransaction({ data: concatHex([bytecodeOf(contract), args]) }));

  const four = parseAbiParameters("address, address, address, address");
  const wiring = [SOMEONE, SOMEONE, owner.address, SOMEONE] as const;
  const gateway = await deploy("InferenceGateway", encodeAbiParameters(four, wiring));
  const sets = await deploy("WorkerSets");
  const verifier = await deploy("AttestedVerifier", encodeAbiParameters(parseAbiParameters("address"), [sets]));
  const workers = [1, 2].map(() => privateKeyToAccount(generatePrivateKey()));
  const members = workers.map((it) => ({ key: it.address, operator: it.address }));
  await mined(
    await wallet.writeContract({
      address: sets,
      abi: workerSetsAbi,
      functionName: "registerSet",
      args: [owner.address, owner.address, members],
    }),
  );
  const policy = { verifier, setId: 1, k: 2, minTtl: 1, window: 0, verifyGas: 300_000 };
  const contract = { address: gateway, abi: inferenceGatewayAbi } as const;
  await mined(await wallet.writeContract({ ...contract, functionName: "registerPolicy", args: [policy] }));
  const ref = { chainId: parseChainId(anvil.chainId), gateway };

  return {
    ref,
    workers,
    terms: (question, change = {}) => ({
      version: 1,
      salt: keccak256(stringToHex(question)),
      requester: owner.address,
      consumer: owner.address,
      refundTo: owner.address,
      callbackGasLimit: 0,
      contextHash: keccak256("0x"),
      modelId: parseModelId(keccak256(stringToHex("a model"))),
      inputHash: keccak256(stringToHex(question)),
      inputMode: 0,
      outputMode: 0,
      policyId: 1,
      feeToken: zeroAddress,
      workerFee: 5n,
      relayFee: 7n,
      protocolFee: 0n,
      relayer: zeroAddress,
      deadline,
      ...change,
    }),
    async ask(question, terms) {
      const args = [terms, stringToHex(question), "0x"] as const;
      const call = { ...contract, functionName: "request", args, value: 12n } as const;
      await mined(await wallet.writeContract(call));
    },
    async body(terms, by, change = {}) {
      const output = stringToHex("an answer");
      const id = requestIdOf(ref, terms);
      const said = { status: 1, outputHash: keccak256(output), evidenceHash: keccak256("0x"), relayer: owner.address };
      const attestations = await Promise.all(
        by.map(async (account) => {
          const answer = { id, ...said, payee: account.address };
          const signature = await account.signTypedData(answerTypedData(ref, answer));
          return { signer: account.address, payee: account.address, signature };
        }),
      );
      const proof = encodeAttestedProof(attestations);
      return encodeResultsBody([encodeResultItem({ terms, ...said, context: "0x", output, proof, ...change })]);
    },
  };
}

function bytecodeOf(contract: string): Hex {
  const artifact = new URL(`../../../contracts/out/${contract}.sol/${contract}.json`, import.meta.url);
  try {
    return JSON.parse(readFileSync(artifact, "utf8")).bytecode.object;
  } catch (cause) {
    throw new Error("The contracts are not compiled: run `npm run build` in contracts/ first.", { cause });
  }
}
