import { workerSetsAbi } from "@herald/wire/abi/WorkerSets";
import type { WorkerRule } from "@herald/workflows/activities/inferRequest";
import type { RequestBodies } from "@herald/workflows/activities/requestBodies";
import { type Address, isAddressEqual, type PublicClient, zeroAddress } from "viem";
import type { PolicyBook } from "./policyBook.js";

/** Where one origin keeps its policies and worker sets. */
export interface RuleSource {
  readonly client: PublicClient;
  readonly policies: PolicyBook;
  readonly workerSets: Address;
}

/** A guardian's removal counts at once on chain; asking a worker in vain for this long costs nothing. */
const OPERATOR_TTL_MS = 5_000;

/** Reads what a request's policy demands of the workers. Memberships are asked for again and again. */
export function createWorkerRules(
  sources: Readonly<Record<string, RuleSource>>,
): (request: RequestBodies) => Promise<WorkerRule> {
  const operators = new Map<string, { readonly at: number; readonly operator: Promise<Address | null> }>();

  return async (request) => {
    const source = sources[request.chain];
    if (source === undefined) throw new Error(`the chain ${request.chain} is not configured`);
    const { k, setId } = await source.policies(request.terms.policyId);
    return {
      k,
      setId,
      operatorOf: (worker) => {
        const key = `${request.chain}/${setId}/${worker}`;
        const found = operators.get(key);
        if (found !== undefined && Date.now() - found.at < OPERATOR_TTL_MS) return found.operator;
        const operator = readOperator(source, setId, worker);
        operators.set(key, { at: Date.now(), operator });
        operator.catch(() => operators.delete(key));
        return operator;
      },
    };
  };
}

async function readOperator({ client, workerSets }: RuleSource, setId: number, worker: Address) {
  const operator = await client.readContract({
    address: workerSets,
    abi: workerSetsAbi,
    functionName: "operatorOf",
    args: [setId, worker],
  });
  return isAddressEqual(operator, zeroAddress) ? null : operator;
}
