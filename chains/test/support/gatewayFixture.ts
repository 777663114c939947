import { readFileSync } from "node:fs";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { parseChainId, parseModelId, type RequestId } from "@herald/wire/ids";
import type { Terms } from "@herald/wire/terms";
import { type GatewayRef, requestIdOf } from "@herald/wire/typedData";
import { type Hex, keccak256, numberToHex, parseAbi, stringToHex, zeroAddress } from "viem";
import { type Anvil, clientsOf, fundedAccount } from "./anvil.js";

const artifact = new URL("../../../contracts/out/InferenceGateway.sol/InferenceGateway.json", import.meta.url);
const someone = "0x00000000000000000000000000000000000000aa";
const verifier = "0x00000000000000000000000000000000000000fe";

/** The real gateway on a node, and somebody who sends it requests. */
export interface GatewayFixture {
  readonly ref: GatewayRef;
  readonly startBlock: bigint;
  /** Sends a request, mined at once where the node does that, and returns its id. */
  ask(question: string): Promise<RequestId>;
  /** Refunds a request whose deadline has passed. */
  expire(id: RequestId): Promise<void>;
}

export async function deployGateway(anvil: Anvil): Promise<GatewayFixture> {
  const { client, control, walletOf } = clientsOf(anvil);
  const account = await fundedAccount(anvil);
  const wallet = walletOf(account);
  const deployment = await wallet.deployContract({
    abi: parseAbi(["constructor(address mailbox, address ism, address owner, address recipient)"]),
    bytecode: readBytecode(),
    args: [someone, someone, account.address, someone],
  });
  const { contractAddress, blockNumber } = await client.waitForTransactionReceipt({ hash: deployment });
  if (!contractAddress) throw new Error("the gateway was not deployed");
  const gateway = { address: contractAddress, abi: inferenceGatewayAbi } as const;
  const ref = { chainId: parseChainId(anvil.chainId), gateway: contractAddress };

  // Answers every call with 1: it takes any policy, and says that it attests.
  await control.setCode({ address: verifier, bytecode: "0x600160005260206000f3" });
  const policy = { verifier, setId: 1, k: 1, minTtl: 1, window: 0, verifyGas: 100_000 } as const;
  await mined(await wallet.writeContract({ ...gateway, functionName: "registerPolicy", args: [policy] }));
  const deadline = Number((await client.getBlock()).timestamp) + 300;
  const asked = new Map<RequestId, Terms>();

  async function mined(hash: Hex): Promise<void> {
    const { status } = await client.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`${hash} reverted`);
  }

  return {
    ref,
    startBlock: blockNumber,
    async ask(question) {
      const input = stringToHex(question);
      const terms: Terms = {
        version: 1,
        salt: keccak256(input),
        requester: account.address,
        consumer: account.address,
        refundTo: account.address,
        callbackGasLimit: 0,
        contextHash: keccak256("0x"),
        modelId: parseModelId(keccak256(stringToHex("a model"))),
        inputHash: keccak256(input),
        inputMode: 0,
        outputMode: 0,
        policyId: 1,
        feeToken: zeroAddress,
        workerFee: 5n,
        relayFee: 7n,
        protocolFee: 0n,
        relayer: zeroAddress,
        // Fixed, so that the same question has the same id also on another branch of the chain.
        deadline,
      };
      const call = { ...gateway, functionName: "request", args: [terms, input, "0x"], value: 12n } as const;
      await mined(await wallet.writeContract({ ...call, gas: 1_000_000n }));
      const id = requestIdOf(ref, terms);
      asked.set(id, terms);
      return id;
    },
    async expire(id) {
      const terms = asked.get(id);
      if (terms === undefined) throw new Error(`${id} was never asked`);
      await control.increaseTime({ seconds: 400 });
      await mined(await wallet.writeContract({ ...gateway, functionName: "expire", args: [terms], gas: 1_000_000n }));
    },
  };
}

function readBytecode(): Hex {
  try {
    return JSON.parse(readFileSync(artifact, "utf8")).bytecode.object;
  } catch (cause) {
    throw new Error("The contracts are not compiled: run `npm run build` in contracts/ first.", { cause });
  }
}

/** A hash that stands for nothing. */
export function noise(seed: number): Hex {
  return keccak256(numberToHex(seed, { size: 32 }));
}
