import type { Json } from "@herald/wire/canonicalJson";
import { activityInfo, CompleteAsyncError } from "@temporalio/activity";
import type { Effect, Outbox } from "../effects/outbox.js";
import { toApplicationFailure } from "./toApplicationFailure.js";

/**
 * The body of every activity that has an effect: finds its reference, or leaves the effect in the outbox and completes later. No slot is
 * held and no history grows while it waits.
 */
export async function enterOutbox(outbox: Outbox, effect: Effect): Promise<Json> {
  let done: { readonly reference: Json } | null;
  try {
    done = await outbox.enter(effect, activityInfo().base64TaskToken);
  } catch (error) {
    throw toApplicationFailure(error);
  }
  if (done === null) throw new CompleteAsyncError();
  return done.reference;
}
