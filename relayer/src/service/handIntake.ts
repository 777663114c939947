import type { TransactionEvents } from "@herald/chains/watch/transactionEvents";
import { HeraldError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import type { Hex } from "viem";
import type { RequestIndex } from "../store/requestIndex.js";
import type { Taken } from "../store/takeTransaction.js";

/** A lane that can read one transaction past its watcher. */
export interface TransactionReader {
  readonly name: string;
  readTransaction(txHash: Hex): Promise<TransactionEvents>;
}

/** Takes in the requests of one transaction. */
export type HandIntake = (chain: string, txHash: string) => Promise<readonly Taken[]>;

/**
 * Intake of a transaction somebody names: it is read from its receipt, by quorum, whatever the watcher saw. One at a time, so that whoever
 * reaches the API cannot use up what the providers allow.
 */
export function createHandIntake(lanes: readonly TransactionReader[], index: RequestIndex, log: Log): HandIntake {
  let busy = false;
  return async (chain, txHash) => {
    const lane = lanes.find(({ name }) => name === chain);
    if (lane === undefined) {
      const fix = `Name one of ${lanes.map(({ name }) => name).join(", ")}.`;
      throw wrong("INTAKE_CHAIN_UNKNOWN", "No origin chain has this name.", { chain }, fix);
    }
    if (!isHash(txHash)) {
      const fix = "Give 0x and 64 hex digits.";
      throw wrong("INTAKE_HASH_INVALID", "This is not a transaction's hash.", { transaction: txHash }, fix);
    }
    if (busy) {
      const fix = "Ask again in a second.";
      throw new HeraldError({
        code: "INTAKE_BUSY",
        message: "Another transaction is being taken in.",
        ...{ facts: { chain, transaction: txHash }, fix, actor: "upstream", retry: { afterMs: 1_000 } },
      });
    }
    busy = true;
    try {
      const taken = await index.take(await lane.readTransaction(txHash));
      log.info("A transaction was taken in by hand.", { chain, transaction: txHash, requests: taken });
      return taken;
    } finally {
      busy = false;
    }
  };
}

function isHash(text: string): text is Hex {
  return /^0x[0-9a-fA-F]{64}$/.test(text);
}

function wrong(code: string, message: string, facts: Readonly<Record<string, unknown>>, fix: string): HeraldError {
  return new HeraldError({ code, message, facts, fix, actor: "user", retry: "never" });
}
