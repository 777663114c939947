import type { Server } from "node:http";
import { HeraldError } from "@herald/wire/errors";

/**
 * Makes a server listen and returns its base URL; port 0 takes any free port.
 * @throws HeraldError WORKER_LISTEN_FAILED
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, host, resolve);
    });
  } catch (cause) {
    throw new HeraldError({
      code: "WORKER_LISTEN_FAILED",
      message: "The worker cannot listen where its configuration says.",
      facts: { host, port, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: "End the program that holds the port, or choose another one (0 takes any free port).",
      actor: "operator",
      retry: "never",
      cause,
    });
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has an address");
  const bound = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${bound}:${address.port}`;
}
