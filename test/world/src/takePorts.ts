import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";
import { HeraldError } from "@herald/wire/errors";

/** Ports of a world, for programs that cannot report a port they chose themselves. */
export interface TakenPorts {
  readonly ports: readonly number[];
  /** Lets other worlds have them. */
  release(): Promise<void>;
}

// Below the ranges from which systems serve outgoing connections (Linux from 32768, others from 49152), so that none of those takes a port
// between the check here and the program's own bind.
const [lowest, blockSize, blocks] = [20_000, 16, 750];

/**
 * Takes ports on loopback that nothing listens on. They are the rest of a block whose first this process listens on until `release`, or
 * until it ends: two worlds that start at once would otherwise find the same ports free.
 * @throws HeraldError SETUP_NO_FREE_PORT
 */
export async function takePorts(count: number): Promise<TakenPorts> {
  for (let tries = 0; tries < blocks; tries++) {
    const first = lowest + blockSize * randomInt(blocks);
    const guard = await listen(first);
    if (guard === undefined) continue;
    const ports = Array.from({ length: count }, (_, i) => first + 1 + i);
    const free = await Promise.all(ports.map(isFree));
    if (!free.includes(false)) return { ports, release: () => close(guard) };
    await close(guard);
  }
  throw noFreePort();
}

/** True if this process could listen on the port just now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server !== undefined) await close(server);
  return server !== undefined;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function noFreePort(): HeraldError {
  return new HeraldError({
    code: "SETUP_NO_FREE_PORT",
    message: "No free port was found on 127.0.0.1.",
    facts: { range: `${lowest}-${lowest + blockSize * blocks - 1}` },
    fix: "End programs that listen on these ports, then start again.",
    actor: "user",
    retry: "now",
  });
}
