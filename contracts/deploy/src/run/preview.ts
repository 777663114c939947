import { type Address, formatEther, formatGwei } from "viem";
import type { DeployPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import { allSteps, type Sites } from "../steps/allSteps.js";
import type { Call } from "../steps/step.js";
import { remember } from "./runSteps.js";

/** A step and what is left of it. */
export interface PreviewStep {
  readonly key: string;
  readonly address: Address | undefined;
  readonly id: number | undefined;
  readonly calls: readonly Call[];
}

/** What a run would do on one chain. */
export interface ChainPreview {
  readonly site: Site;
  readonly balance: bigint;
  /** Wei per gas that would be offered now. */
  readonly gasPrice: bigint;
  readonly steps: readonly PreviewStep[];
  /** Of all the deployer's transactions, about. */
  readonly gas: number;
}

/** Looks at all chains and says what a run would send. Sends and writes nothing. */
export async function preview(plan: DeployPlan, sites: Sites): Promise<ChainPreview[]> {
  const phases = allSteps(plan, sites);
  return Promise.all(
    [sites.hub, ...Object.values(sites.origins)].map(async (site) => {
      const { reader } = site.chain;
      const steps: PreviewStep[] = [];
      for (const step of phases.flat().flatMap((it) => (it.site === site ? it.steps : []))) {
        const look = await step.look();
        remember({ site }, step, look);
        steps.push({ key: step.key, address: site.find(step.key), id: look.id, calls: look.calls });
      }
      const mine = steps.flatMap(({ calls }) => calls.filter(({ from }) => from === site.deployer));
      return {
        site,
        balance: await reader.getBalance({ address: site.deployer }),
        gasPrice: await reader.getGasPrice(),
        steps,
        gas: mine.reduce((sum, { gas }) => sum + gas, 0),
      };
    }),
  );
}

/** How many transactions a run would send. */
export function countTransactions(chains: readonly ChainPreview[]): number {
  const mine = ({ site, steps }: ChainPreview) =>
    steps.flatMap(({ calls }) => calls).filter(({ from }) => from === site.deployer).length;
  return chains.reduce((sum, it) => sum + mine(it), 0);
}

/** The preview as a page for a terminal. */
export function formatPreview(chains: readonly ChainPreview[]): string {
  return chains.map(formatChain).join("\n\n");
}

function formatChain({ site, balance, gasPrice, steps, gas }: ChainPreview): string {
  const { name, chainId, domain } = site.chain;
  const cost = (amount: number) => `${trim(formatEther(BigInt(amount) * gasPrice))} ETH`;
  const lines = steps.flatMap(({ key, address, id, calls }) =>
    calls.length === 0
      ? [`  done   ${key.padEnd(24)} ${address ?? (id === undefined ? "" : `number ${id}`)}`.trimEnd()]
      : calls.map(({ what, from, gas: amount }) =>
          from === site.deployer
            ? `  to do  ${what.padEnd(76)} ${amount.toLocaleString("en").padStart(9)} gas  ${cost(amount)}`
            : `  owner  ${what.padEnd(76)} to be sent by ${from}`,
        ),
  );
  return [
    `${name}: chain ${chainId}, domain ${domain}, deployer ${site.deployer} with ${trim(formatEther(balance))} ETH`,
    ...lines,
    `  about ${gas.toLocaleString("en")} gas at ${trim(formatGwei(gasPrice))} gwei: ${cost(gas)}, and on a rollup its data fee`,
  ].join("\n");
}

/** Six places that mean something are enough to decide by. */
function trim(decimal: string): string {
  return String(Number(Number(decimal).toPrecision(3)));
}
