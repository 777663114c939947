import { HeraldError } from "@herald/wire/errors";
import type { RelayerStatus } from "../service/relayerStatus.js";
import { askRelayer } from "./askRelayer.js";

/** `herald status`: what keeps the relayer from its work, what is open, and how each chain's providers do. */
export async function status(options: { readonly config: string; readonly json?: boolean }): Promise<void> {
  const { api, status: code, body } = await askRelayer(options.config, "/status", "GET");
  if (code !== 200) {
    throw new HeraldError({
      code: "RELAYER_NOT_READY",
      message: "The relayer has nothing to tell yet.",
      facts: { relayer: api, said: JSON.stringify(body) },
      fix: "Ask again in a moment; its log says what it waits for.",
      actor: "operator",
      retry: { afterMs: 1_000 },
    });
  }
  // CAST: our own API's answer.
  const told = body as RelayerStatus;
  process.stdout.write(`${options.json === true ? JSON.stringify(told) : formatStatus(told)}\n`);
}

/** A relayer on one screen. */
export function formatStatus({ problems, open, providers, tagAliases }: RelayerStatus): string {
  const chains = Object.entries(open).map(([chain, count]) => `${count} on ${chain}`);
  const rows = Object.entries(providers).flatMap(([chain, of]) =>
    of.map((it) => {
      const aliases = tagAliases.filter((alias) => alias.chain === chain && alias.provider === it.name);
      const notes = [
        it.outvotedLately ? "outvoted lately: it said something else than the others" : "",
        it.circuit === "closed" ? "" : "not asked: it failed five times in a row",
        it.pausedMs > 0 && it.circuit === "closed" ? `left alone for ${seconds(it.pausedMs)}, as it asked for` : "",
        ...aliases.map(({ tag }) => `answers ${tag} with its latest block`),
      ].filter((note) => note !== "");
      const failures = `${Math.round(it.failures * 100)} %`;
      return [chain, it.name, `${Math.round(it.latencyMs)} ms`, failures, notes.join("; ") || "well"];
    }),
  );
  return [
    problems.length === 0 ? "The relayer is well." : "The relayer has problems:",
    ...problems.map((problem) => `  ${problem}`),
    `Open requests: ${chains.length === 0 ? "none" : chains.join(", ")}`,
    "",
    ...table([["chain", "provider", "latency", "failed", "standing"], ...rows]),
  ].join("\n");
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
