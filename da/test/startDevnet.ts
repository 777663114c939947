import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { devnetBinary } from "../src/devnetBinary.js";

const ready = z.object({
  rpc: z.string().default(""),
  tokens: z.object({ read: z.string(), write: z.string() }).default({ read: "", write: "" }),
  coreGrpc: z.string(),
});

/** A running devnet, or one half of it. */
export interface Devnet extends z.infer<typeof ready> {
  readonly process: ChildProcess;
  /** Ends it the hard way. */
  kill(): Promise<void>;
  /** Ends it with SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the real devnet; the test fails where it is not built. */
export async function startDevnet(...flags: readonly string[]): Promise<Devnet> {
  const binary = devnetBinary();
  const folder = mkdtempSync(join(tmpdir(), "herald-da-test-"));
  const file = join(folder, "ready.json");
  const child = spawn(
    binary,
    ["--parent-pid", String(process.pid), "--ready-file", file, "--home", join(folder, "home"), ...flags],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4_000);
  });
  const exited = once(child, "exit").then(([code]): number | null => {
    rmSync(folder, { recursive: true, force: true });
    return code;
  });
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  for (const until = Date.now() + 60_000; !existsSync(file); await sleep(25)) {
    if (child.exitCode === null && Date.now() < until) continue;
    await end("SIGKILL");
    throw new Error(`the devnet did not come up: ${complaints}`);
  }
  return {
    ...ready.parse(JSON.parse(readFileSync(file, "utf8"))),
    process: child,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}
