import type { TransactionSender } from "@herald/chains/send/transactionSender";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { type Address, encodeFunctionData, type Hex, keccak256, type PublicClient } from "viem";
import type { RequestBodiesIndex } from "../activities/requestBodies.js";
import type { Inference, RevealReference } from "../flows/contract.js";
import type { SettledElsewhere } from "./deliveryWriter.js";
import { readGatewayState } from "./gatewayState.js";
import { readSettlements } from "./readSettlements.js";
import { resultUnseen } from "./resultUnseen.js";
import { resultArgument, type SettledResults } from "./settledResult.js";
import type { EffectWriter } from "./writerLoop.js";

/**
 * Makes public the outputs of results that were settled by their hash, which runs the callbacks they were promised. Anyone who has an
 * output may; somebody else's reveal is as good as ours.
 */
export function revealWriter(parameters: {
  readonly chain: string;
  readonly client: PublicClient;
  readonly gateway: Address;
  readonly sender: TransactionSender;
  readonly index: RequestBodiesIndex & SettledResults & SettledElsewhere;
  /** What this relayer's workers answered; it stays in the outbox. */
  readonly decided: (requestId: string) => Promise<Inference | undefined>;
}): EffectWriter {
  const { chain, client, gateway, sender, index, decided } = parameters;
  return {
    kind: "reveal",
    lane: chain,
    // One at a time: each runs a callback of its own.
    group: (effects) => effects.map((effect) => [effect]),
    async act(batch, note) {
      const [key] = batch.effects;
      if (key === undefined) return [];
      const { requestId, terms, context } = await index.bodies(key.requestId);
      const refer = (reference: RevealReference) => [{ key, reference: { ...reference } }];

      const word = await readGatewayState(client, gateway, requestId);
      const result = await index.resultOf(requestId);
      if (result === null || word.state !== "delivered") throw resultUnseen(requestId, chain);
      if (!word.outputAwaited) {
        const callback = (await index.settlementOf(requestId))?.verdict.callback ?? "none";
        return refer({ outcome: "revealed", revealTx: null, callback, at: Date.now() });
      }
      const output = await outputOf(requestId);
      if (output === undefined || keccak256(output) !== result.outputHash) {
        return refer({ outcome: "foreign", revealTx: null, callback: "none", at: Date.now() });
      }
      await note.explain("The output is on its way to the gateway.");
      const mined = await sender.send({
        id: batch.id,
        to: gateway,
        data: encodeFunctionData({
          abi: inferenceGatewayAbi,
          functionName: "reveal",
          args: [terms, resultArgument(result), output, context],
        }),
      });
      const callback = readSettlements(gateway, mined.receipt).get(requestId.toLowerCase())?.callback ?? "none";
      return refer({ outcome: "revealed", revealTx: mined.hash, callback, at: mined.minedAt });
    },
  };

  async function outputOf(requestId: string): Promise<Hex | undefined> {
    // CAST: hex by construction, see `Inference`.
    return (await decided(requestId))?.output as Hex | undefined;
  }
}
