import type { Address } from "viem";
import type { Site } from "../state/site.js";

/** An address as people compare them. */
export function short(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}

/** An account of the plan, the deployer by name. */
export function account(site: Site, address: Address): string {
  return address === site.deployer ? "deployer" : short(address);
}

/** The owner by name, also before the timelock that it may be exists. */
export function ownerText({ plan, deployer }: Pick<Site, "plan" | "deployer">): string {
  if (plan.owner === undefined) return "timelock";
  return plan.owner === deployer ? "deployer" : short(plan.owner);
}
