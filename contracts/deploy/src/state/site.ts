import { HeraldError } from "@herald/wire/errors";
import { type Address, zeroAddress } from "viem";
import type { DeployChain } from "../openChain.js";
import type { ChainPlan } from "../plan/deployPlan.js";
import type { ChainState } from "./deployState.js";

/** A chain, what the plan wants of it, and what is known to be there. */
export interface Site {
  readonly chain: DeployChain;
  readonly plan: ChainPlan;
  readonly state: ChainState;
  readonly deployer: Address;
  /** Owner of everything in the end: an address of the plan, or the timelock it asks for. */
  readonly owner: Address;
  /** Whether Hyperlane's core is part of the deployment. */
  readonly ownHyperlane: boolean;
  /** Address of a contract that is there. */
  find(contract: string): Address | undefined;
  /** The same for use in a transaction. A plan that is only looked at has the zero address for what is not there yet. */
  need(contract: string): Address;
}

/** @param planning nothing will be sent */
export function createSite(chain: DeployChain, plan: ChainPlan, state: ChainState, planning: boolean): Site {
  const existing: Readonly<Record<string, Address>> = plan.hyperlane ?? {};
  const find = (contract: string) => existing[contract] ?? state.contracts[contract]?.address;
  const need = (contract: string) => find(contract) ?? (planning ? zeroAddress : missing(chain, contract));
  return {
    chain,
    plan,
    state,
    deployer: state.deployer,
    get owner() {
      return plan.owner ?? need("timelock");
    },
    ownHyperlane: plan.hyperlane === undefined,
    find,
    need,
  };
}

function missing(chain: DeployChain, contract: string): never {
  throw new HeraldError({
    code: "DEPLOY_ORDER",
    message: "A step was reached before the contract it needs.",
    facts: { chain: chain.name, contract },
    actor: "bug",
    retry: "never",
  });
}
