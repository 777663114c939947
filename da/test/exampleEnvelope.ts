import { evidenceHashOf } from "@herald/wire/evidence";
import { parseChainId, parseModelId } from "@herald/wire/ids";
import type { Terms } from "@herald/wire/terms";
import { answerTypedData, type GatewayRef, requestIdOf } from "@herald/wire/typedData";
import { getAddress, keccak256, stringToHex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { EvidenceEnvelope } from "../src/evidenceEnvelope.js";

const address = (name: string) => getAddress(`0x${keccak256(stringToHex(name)).slice(-40)}`);

export const exampleRef: GatewayRef = { chainId: parseChainId(31_337), gateway: address("gateway") };

/** A request that two workers answered with `output`, really signed. Equal outputs give equal envelopes. */
export async function exampleEnvelope(output: string): Promise<EvidenceEnvelope> {
  const input = stringToHex("Say hello in French.");
  const context = "0x";
  const terms: Terms = {
    version: 1,
    salt: keccak256(stringToHex(output)),
    requester: address("requester"),
    consumer: address("consumer"),
    refundTo: address("requester"),
    callbackGasLimit: 200_000,
    contextHash: keccak256(context),
    modelId: parseModelId(keccak256(stringToHex("model"))),
    inputHash: keccak256(input),
    inputMode: 0,
    outputMode: 0,
    policyId: 1,
    feeToken: zeroAddress,
    workerFee: 1000n,
    relayFee: 500n,
    protocolFee: 10n,
    relayer: zeroAddress,
    deadline: 1_900_000_000,
  };
  const part = {
    id: requestIdOf(exampleRef, terms),
    modelId: terms.modelId,
    output: stringToHex(output),
    proof: "0x",
  } as const;
  const answers = await Promise.all(
    ["worker one", "worker two"].map(async (name) => {
      const account = privateKeyToAccount(keccak256(stringToHex(name)));
      const answer = {
        id: part.id,
        status: 1,
        outputHash: keccak256(part.output),
        evidenceHash: evidenceHashOf(part),
        payee: account.address,
        relayer: address("relayer"),
      };
      return {
        answer,
        signature: await account.signTypedData(answerTypedData(exampleRef, answer)),
        worker: account.address,
      };
    }),
  );
  answers.sort((a, b) => (a.worker.toLowerCase() < b.worker.toLowerCase() ? -1 : 1));
  return { ref: exampleRef, part, terms, input, context, answers };
}
