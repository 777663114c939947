import type { TransactionSender } from "@herald/chains/send/transactionSender";
import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { HeraldError } from "@herald/wire/errors";
import { type Address, encodeFunctionData, type Hex, type PublicClient } from "viem";
import type { RequestBodiesIndex } from "../activities/requestBodies.js";
import type { FinalizationReference } from "../flows/contract.js";
import type { SettledElsewhere } from "./deliveryWriter.js";
import { readGatewayState, waitUntilAfter } from "./gatewayState.js";
import { readSettlements } from "./readSettlements.js";
import { resultUnseen } from "./resultUnseen.js";
import { resultArgument, type SettledResults } from "./settledResult.js";
import type { EffectWriter } from "./writerLoop.js";

/** The longest wait for the chain's clock that a batch is held open for; a longer one is the flow's. */
const SHORT_WAIT_SECONDS = 15n;

/**
 * Finalises pending results after their window. Anyone may; this relayer does it so that everyone is paid and the consumer gets its final
 * word. A dispute that nobody ruled on ends the same way, by a refund.
 */
export function finalizeWriter(parameters: {
  readonly chain: string;
  readonly client: PublicClient;
  readonly gateway: Address;
  readonly sender: TransactionSender;
  readonly index: RequestBodiesIndex & SettledResults & SettledElsewhere;
  readonly signal: AbortSignal;
}): EffectWriter {
  const { chain, client, gateway, sender, index, signal } = parameters;
  return {
    kind: "finalize",
    lane: chain,
    // One at a time: each has a window of its own.
    group: (effects) => effects.map((effect) => [effect]),
    async act(batch, note) {
      const [key] = batch.effects;
      if (key === undefined) return [];
      const { requestId, terms, context } = await index.bodies(key.requestId);
      const refer = (reference: FinalizationReference) => [{ key, reference: { ...reference } }];

      const word = await readGatewayState(client, gateway, requestId);
      if (word.state === "delivered" || word.state === "declined" || word.state === "expired") {
        const callback = (await index.settlementOf(requestId))?.verdict.callback ?? "none";
        return refer({ outcome: word.state, finalizeTx: null, callback, at: Date.now() });
      }
      if (word.state !== "pending") throw resultGone(requestId);
      const { timestamp } = await client.getBlock();
      if (BigInt(word.finalAt) - timestamp > SHORT_WAIT_SECONDS) {
        const { finalAt, disputed } = word;
        return refer({
          outcome: "pending",
          finalAt,
          disputed,
          verifier: await verifierOf(terms.policyId),
          at: Date.now(),
        });
      }
      await note.explain("The chain's clock has not passed the end of the window yet.");
      await waitUntilAfter(client, word.finalAt, signal);
      const result = await index.resultOf(requestId);
      if (result === null) throw resultUnseen(requestId, chain);
      await note.explain("Its finalisation is on its way.");
      const mined = await sender.send({
        id: batch.id,
        to: gateway,
        data: encodeFunctionData({
          abi: inferenceGatewayAbi,
          functionName: "finalize",
          args: [terms, resultArgument(result), result.output, context],
        }),
      });
      const verdict = readSettlements(gateway, mined.receipt).get(requestId.toLowerCase());
      if (verdict?.outcome !== "delivered" && verdict?.outcome !== "declined") throw resultUnseen(requestId, chain);
      const { outcome, callback } = verdict;
      return refer({ outcome, finalizeTx: mined.hash, callback, at: mined.minedAt });
    },
  };

  async function verifierOf(policyId: number): Promise<Address> {
    const onGateway = { address: gateway, abi: inferenceGatewayAbi } as const;
    return (await client.readContract({ ...onGateway, functionName: "policyOf", args: [policyId] })).verifier;
  }
}

function resultGone(requestId: Hex): HeraldError {
  return new HeraldError({
    code: "FINALIZE_RESULT_GONE",
    message: "The gateway no longer holds the result: its delivery was reorganised away.",
    facts: { requestId },
    fix: "Deliver its message again, or wait until it is refunded after its closing time.",
    actor: "operator",
    retry: { afterMs: 10_000 },
  });
}
