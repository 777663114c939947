import { type Address, encodeFunctionData, type Hex, numberToHex, parseAbi, zeroHash } from "viem";
import type { Site } from "../state/site.js";

export const timelockAbi = parseAbi([
  "function hashOperationBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) view returns (bytes32)",
  "function getTimestamp(bytes32 id) view returns (uint256)",
  "function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay)",
  "function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) payable",
]);

/** What a timelock must be told so that it sends what the deployment waits for. */
export interface TimelockProposal {
  readonly timelock: Address;
  /** Data a proposer sends; absent once it is scheduled. */
  readonly schedule?: Hex;
  /** Data an executor sends, from `readyAt` on. */
  readonly execute: Hex;
  /** Unix seconds; absent until it is scheduled. */
  readonly readyAt?: number;
}

/** `getTimestamp` of a batch that was executed. */
const DONE = 1n;

/** Everything the plan's own timelock has to send, as one batch; `undefined` if there is nothing, or its owner is another contract. */
export async function timelockProposal(site: Site): Promise<TimelockProposal | undefined> {
  const { plan, state, chain } = site;
  if (plan.timelock === undefined) return undefined;
  const timelock = site.owner;
  const calls = state.waitingFor.filter(({ from }) => from === timelock);
  if (calls.length === 0) return undefined;
  const targets = calls.map(({ to }) => to);
  const payloads = calls.map(({ data }) => data);
  const values = calls.map(() => 0n);
  const contract = { address: timelock, abi: timelockAbi } as const;
  // The same batch may be needed again years later: then its name must be another.
  for (let salt = 0n; ; salt += 1n) {
    const batch = [targets, values, payloads, zeroHash, numberToHex(salt, { size: 32 })] as const;
    const id = await chain.reader.readContract({ ...contract, functionName: "hashOperationBatch", args: batch });
    const at = await chain.reader.readContract({ ...contract, functionName: "getTimestamp", args: [id] });
    if (at === DONE) continue;
    const execute = encodeFunctionData({ abi: timelockAbi, functionName: "executeBatch", args: batch });
    if (at > DONE) return { timelock, execute, readyAt: Number(at) };
    const args = [...batch, BigInt(plan.timelock.delay)] as const;
    const schedule = encodeFunctionData({ abi: timelockAbi, functionName: "scheduleBatch", args });
    return { timelock, schedule, execute };
  }
}
