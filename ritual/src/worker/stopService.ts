import type { Server } from "node:http";
import type { FairQueue } from "./fairQueue.js";
import { stoppingError } from "./httpService.js";

/**
 * Ends a service: what waits is turned away, what runs may still take `graceMs` and is then called off. Done when no connection is open
 * and nothing runs.
 */
export async function stopService(server: Server, queues: readonly FairQueue[], graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  for (const queue of queues) queue.refuseAll(stoppingError());
  server.closeIdleConnections();
  // Cutting a connection calls off what runs for it, as a caller's hanging up does.
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
  for (const queue of queues) await queue.idle();
}
