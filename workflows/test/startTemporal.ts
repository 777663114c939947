import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Connection } from "@temporalio/client";

/** A real Temporal server of a test's own. */
export interface TestTemporal {
  readonly address: string;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts the server in memory; the test fails where it is not built. */
export async function startTemporal(environment: Environment = process.env): Promise<TestTemporal> {
  const cache = environment.HERALD_CACHE ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "herald");
  const binary = environment.HERALD_TEMPORAL ?? join(cache, "bin", "temporal-1.5.1");
  if (!existsSync(binary)) throw new Error(`no Temporal server at ${binary}; npm run demo builds it`);
  const port = await freePort();
  const child = spawn(
    binary,
    [
      ...["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", String(port), "--log-level", "never"],
      // Timers have a resolution of a second otherwise.
      ...["--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'],
    ],
    { stdio: "ignore" },
  );
  const endWithTests = () => child.kill("SIGKILL");
  process.once("exit", endWithTests);
  const address = `127.0.0.1:${port}`;
  for (const until = Date.now() + 60_000; ; await delay(50)) {
    if (child.exitCode !== null) throw new Error(`the Temporal server ended with code ${child.exitCode}`);
    const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => undefined);
    await connection?.close();
    if (connection !== undefined) break;
    if (Date.now() > until) throw new Error("the Temporal server did not come up");
  }
  return {
    address,
    async stop() {
      process.off("exit", endWithTests);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("unreachable: a TCP server has a port");
  return address.port;
}
