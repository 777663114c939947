import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { devnetBinary } from "@herald/da/devnetBinary";
import { z } from "zod";
import { writeSecret } from "../folder/makeKey.js";
import type { ProcessGroup } from "../processes/processGroup.js";
import { awaitReady } from "./awaitReady.js";

/** A running Celestia: the bridge's JSON-RPC and a token that may write. */
export interface CelestiaDevnet {
  readonly url: string;
  /** Relative to the world's folder. */
  readonly tokenFile: string;
}

const ready = z.object({ rpc: z.string(), tokens: z.object({ write: z.string() }) });

/**
 * Starts a real single-validator Celestia with its bridge, half a second per block (shorter ones gain nothing: its clients poll by the
 * second). Its stores are in memory.
 */
export async function startCelestia(
  processes: ProcessGroup,
  options: { readonly folder: string; readonly signal: AbortSignal },
): Promise<CelestiaDevnet> {
  const home = join(options.folder, "celestia");
  mkdirSync(home, { recursive: true });
  const file = join(home, "ready.json");
  const child = await processes.spawn("celestia", devnetBinary(), [
    ...["--block-time", "500ms", "--ready-file", file, "--home", join(home, "home")],
  ]);
  await awaitReady(child, "Celestia", options.signal, async () => existsSync(file));
  const { rpc, tokens } = ready.parse(JSON.parse(readFileSync(file, "utf8")));
  return { url: rpc, tokenFile: writeSecret(options.folder, "celestia.token", tokens.write) };
}
