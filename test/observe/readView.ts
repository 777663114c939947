import type { RequestView } from "@herald/relayer/service/requestView";

/** What the relayer says of a request; undefined while it has not seen it, or is away for a moment. */
export async function readView(apiUrl: string, requestId: string): Promise<RequestView | undefined> {
  try {
    const response = await fetch(`${apiUrl}/requests/${requestId}`, { signal: AbortSignal.timeout(5_000) });
    // CAST: the relayer's own API, of this very build.
    return response.ok ? ((await response.json()) as RequestView) : undefined;
  } catch {
    // Killed and restarted in some tests; whoever waits for the request has a deadline of its own.
    return undefined;
  }
}
