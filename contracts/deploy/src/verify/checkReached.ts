import { errorCode } from "@herald/wire/errors";
import { checkChain } from "../openChain.js";
import type { Finding } from "../plan/finding.js";
import type { Site } from "../state/site.js";

/** Whether the node of a chain answers, and is of that chain. Without that nothing of the chain can be compared. */
export async function checkReached({ chain, plan: { rpc } }: Site): Promise<Finding[]> {
  try {
    await checkChain(chain, rpc);
    return [];
  } catch (error) {
    const at = { chain: chain.name, severity: "serious" } as const;
    const fix = "Correct its rpc or chainId in the plan; nothing else of this chain was checked.";
    if (errorCode(error) === "DEPLOY_WRONG_CHAIN") {
      const what = `the node is not of chain ${chain.chainId}`;
      return [{ ...at, code: "CHAIN_WRONG", what, fix }];
    }
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    const what = `the node does not answer: ${why}`;
    return [{ ...at, code: "CHAIN_UNREACHABLE", what, fix }];
  }
}
