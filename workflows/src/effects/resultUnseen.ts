import { HeraldError } from "@herald/wire/errors";

/** The gateway's state of a request, and what the watcher saw of its result, do not fit yet. */
export function resultUnseen(requestId: string, chain: string): HeraldError {
  return new HeraldError({
    code: "RESULT_UNSEEN",
    message: "What the gateway holds of the result is not what the watcher has seen of it.",
    facts: { requestId, chain },
    fix: "Nothing; the watcher sees it with the next blocks, unless a reorganisation took the delivery away for good.",
    actor: "upstream",
    retry: { afterMs: 1_000 },
  });
}
