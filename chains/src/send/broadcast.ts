import { broadcastOutcome } from "./broadcastOutcome.js";
import { errorText } from "./errorText.js";
import type { InFlight } from "./inFlight.js";
import type { LaneParameters } from "./laneParameters.js";
import { unfunded } from "./simulate.js";

/** Hands the latest bytes to the nodes. Never throws: a broadcast decides nothing, the nonce and the receipts do. */
export async function broadcast(parameters: LaneParameters, item: InFlight): Promise<void> {
  const { client, chain, escalateAfterMs, clock, log } = parameters;
  const { hash, raw } = item.latest;
  const { id, nonce } = item.record;
  item.lastBroadcast = clock.now();
  try {
    await client.sendRawTransaction({ serializedTransaction: raw });
    item.broadcastAt ??= clock.now();
  } catch (error) {
    const outcome = broadcastOutcome(error);
    const facts = { chain, id, nonce, hash, outcome, reason: errorText(error).slice(0, 300) };
    if (outcome === "known") item.broadcastAt ??= clock.now();
    // Sooner than planned, but with a pause: each replacement costs more.
    if (outcome === "underpriced") item.escalateAt = Math.min(item.escalateAt, clock.now() + escalateAfterMs / 4);
    if (outcome === "refused") item.refused = true;
    if (outcome === "unfunded") item.complain(unfunded({ chain, id, nonce }, error));
    if (outcome === "known" || outcome === "nonceUsed") log.debug("broadcast not needed", facts);
    else log.warn("broadcast not accepted; the transaction is followed on", facts);
  }
}
