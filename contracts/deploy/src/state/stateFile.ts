import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { HeraldError } from "@herald/wire/errors";
import type { Address } from "viem";
import { type ChainState, type DeployState, deployStateSchema } from "./deployState.js";

/** The state of a deployment and the file it is in. */
export interface StateFile {
  /** What is known of a chain; begins it if it is new. */
  chain(name: string, chainId: number, deployer: Address): ChainState;
  /** Names and states of the chains begun so far. */
  readonly chains: Readonly<Record<string, ChainState>>;
  /** Returns once the file survives a crash of the machine. */
  save(): void;
}

/**
 * Opens a deployment's state; a file that does not exist is an empty one, and is first written by `save`.
 * @throws HeraldError DEPLOY_STATE_UNREADABLE
 */
export function openStateFile(file: string): StateFile {
  const state = existsSync(file) ? read(file) : { version: 1 as const, chains: {} };
  return {
    chains: state.chains,
    chain: (name, chainId, deployer) => {
      state.chains[name] ??= { chainId, deployer, contracts: {}, ids: {}, transactions: [], waitingFor: [] };
      const known = state.chains[name];
      if (known.chainId === chainId && known.deployer === deployer) return known;
      throw new HeraldError({
        code: "DEPLOY_STATE_MISMATCH",
        message: "The state was begun on another chain or by another deployer.",
        facts: {
          state: file,
          chain: name,
          begun: `${known.chainId} by ${known.deployer}`,
          now: `${chainId} by ${deployer}`,
        },
        fix: "Go on with the plan and the key that began it, or name a new state file for a new deployment.",
        actor: "operator",
        retry: "never",
      });
    },
    save: () => writeDurably(file, `${JSON.stringify(state, null, 2)}\n`),
  };
}

function read(file: string): DeployState {
  try {
    return deployStateSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new HeraldError({
      code: "DEPLOY_STATE_UNREADABLE",
      message: "The state of the deployment cannot be read.",
      facts: { file },
      fix: "Restore the file; without it a new run would deploy everything again.",
      actor: "operator",
      retry: "never",
      cause,
    });
  }
}

/** Whole or not at all, also when the machine dies: written beside, flushed, renamed, and the folder flushed. */
function writeDurably(file: string, text: string): void {
  const beside = `${file}.new`;
  writeFileSync(beside, text, { mode: 0o600, flush: true });
  renameSync(beside, file);
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
}
