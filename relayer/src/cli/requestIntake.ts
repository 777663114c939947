import { HeraldError } from "@herald/wire/errors";
import type { Taken } from "../store/takeTransaction.js";
import { askRelayer } from "./askRelayer.js";

const meanings = {
  taken: "taken in",
  known: "was known already",
  settled: "is settled on its chain; there is nothing to do",
} as const satisfies Record<Taken["result"], string>;

/** `herald request intake`: has the relayer read one transaction at once, past its watcher. */
export async function requestIntake(
  txHash: string,
  options: { readonly config: string; readonly chain: string; readonly json?: boolean },
): Promise<void> {
  const taken = await ask(options.config, options.chain, txHash);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(taken)}\n`);
    return;
  }
  const lines = taken.map(({ requestId, result }) => `request ${requestId} ${meanings[result]}`);
  const nothing = "No request was opened there; what the gateway said of others was noted.";
  process.stdout.write(`${lines.length === 0 ? nothing : lines.join("\n")}\n`);
}

async function ask(configFile: string, chain: string, transaction: string): Promise<readonly Taken[]> {
  const path = `/intake/${encodeURIComponent(chain)}/${encodeURIComponent(transaction)}`;
  const { api, status, body } = await askRelayer(configFile, path, "POST");
  // CAST: our own API's answer.
  if (status === 200) return body as readonly Taken[];
  const said = typeof body === "object" && body !== null && "error" in body ? String(body.error) : "nothing";
  throw new HeraldError({
    code: "INTAKE_REFUSED",
    message: "The relayer did not take the transaction in.",
    facts: { relayer: api, chain, transaction, said },
    fix: "Do what it says, then ask again.",
    ...(status === 400
      ? ({ actor: "user", retry: "never" } as const)
      : ({ actor: "upstream", retry: { afterMs: 1_000 } } as const)),
  });
}
