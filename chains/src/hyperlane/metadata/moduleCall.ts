import { type Address, encodeFunctionData, type Hex, type PublicClient } from "viem";
import { causes } from "../../send/errorText.js";
import { revertData, revertReason } from "../../send/simulate.js";
import { securityModuleAbi } from "../hyperlaneAbi.js";
import { moduleRefused } from "./metadataErrors.js";

/**
 * Reads from a module.
 * @throws HeraldError HYPERLANE_ISM_REVERTED; what the client throws
 */
export async function readModule<T>(ism: Address, what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const data = revertData(error);
    if (data !== undefined) throw reverted(ism, what, revertReason(data), data, error);
    if ([...causes(error)].some((it) => NONSENSE.test(it.name))) {
      throw reverted(ism, what, "answered with what no such function returns", undefined, error);
    }
    throw error;
  }
}

/** viem's errors for answers that cannot be decoded; the chain itself is well. */
const NONSENSE = /ZeroData|AbiDecoding|InvalidBytes|InvalidAddress|IntegerOutOfRange|PositionOutOfBounds/;

/**
 * Has a module verify a message without delivering it, as the Mailbox would ask.
 * @returns the gas it takes, metadata included
 * @throws HeraldError HYPERLANE_ISM_REVERTED, HYPERLANE_ISM_DENIES; what the client throws
 */
export async function tryVerify(
  client: PublicClient,
  mailbox: Address,
  ism: Address,
  metadata: Hex,
  message: Hex,
): Promise<bigint> {
  const args = [metadata, message] as const;
  const data = encodeFunctionData({ abi: securityModuleAbi, functionName: "verify", args });
  const call = { address: ism, abi: securityModuleAbi, functionName: "verify", args, account: mailbox } as const;
  return await readModule(ism, "verify", async () => {
    // Not part of the interface as a view: some modules note what they have seen.
    const [gas, { result }] = await Promise.all([
      client.estimateGas({ account: mailbox, to: ism, data, prepare: false }),
      client.simulateContract(call),
    ]);
    if (result) return gas;
    throw moduleRefused(
      "HYPERLANE_ISM_DENIES",
      "The security module does not verify the message.",
      ism,
      {},
      "Find out what the module wants; it may pass once the state it depends on has changed.",
    );
  });
}

function reverted(ism: Address, what: string, reason: string, data: Hex | undefined, cause: unknown): Error {
  return moduleRefused(
    "HYPERLANE_ISM_REVERTED",
    "The security module does not say how it wants the message verified.",
    ism,
    { call: what, reason, revertData: data?.slice(0, 2_000) },
    "See the reason: the module's owner has to configure it for this message.",
    cause,
  );
}
