import type { TransactionSender } from "@herald/chains/send/transactionSender";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import type { Json } from "@herald/wire/canonicalJson";
import type { StateWord } from "@herald/wire/stateWord";
import { type Address, encodeFunctionData, type PublicClient } from "viem";
import type { RequestBodiesIndex } from "../activities/requestBodies.js";
import type { RefundReference } from "../flows/contract.js";
import { readGatewayState, waitUntilAfter } from "./gatewayState.js";
import type { EffectWriter } from "./writerLoop.js";

/**
 * Closes requests after their closing time. Anyone may; this relayer does it so that nobody has to. What the chain already settled is only
 * reported.
 */
export function refundWriter(parameters: {
  readonly chain: string;
  readonly client: PublicClient;
  readonly gateway: Address;
  readonly sender: TransactionSender;
  readonly index: RequestBodiesIndex;
  readonly signal: AbortSignal;
}): EffectWriter {
  const { chain, client, gateway, sender, index, signal } = parameters;
  return {
    kind: "refund",
    lane: chain,
    // One at a time: each has a closing time of its own.
    group: (effects) => effects.map((effect) => [effect]),
    async act(batch, note) {
      const [key] = batch.effects;
      if (key === undefined) return [];
      const { requestId, terms } = await index.bodies(key.requestId);
      const before = await readGatewayState(client, gateway, requestId);
      if (before.state !== "open" && before.state !== "none") return [{ key, reference: settled(before) }];
      await note.explain("The chain's clock has not passed the closing time yet.");
      // A cancelled request closes before its deadline.
      await waitUntilAfter(client, before.state === "open" ? before.closeAt : terms.deadline, signal);
      const state = await readGatewayState(client, gateway, requestId);
      if (state.state !== "open") return [{ key, reference: settled(state) }];
      await note.explain("The refund is on its way.");
      const mined = await sender.send({
        id: batch.id,
        to: gateway,
        data: encodeFunctionData({ abi: inferenceGatewayAbi, functionName: "expire", args: [terms] }),
      });
      return [{ key, reference: { ...reference("expired", mined.hash) } }];
    },
  };
}

function reference(outcome: RefundReference["outcome"], refundTx: string | null): RefundReference {
  return { outcome, refundTx, at: Date.now() };
}

function settled({ state }: Exclude<StateWord, { state: "open" }>): Json {
  // Not on the chain: reorganised away for good. The gateway takes no request after its deadline, and holds no fee of this one.
  return { ...reference(state === "none" ? "expired" : state, null) };
}
