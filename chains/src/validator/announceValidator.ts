import { setTimeout as delay } from "node:timers/promises";
import { formatError } from "@herald/wire/errors";
import type { Log } from "@herald/wire/log";
import { type Address, encodeFunctionData, type Hex, keccak256, type PublicClient, stringToHex } from "viem";
import { validatorAnnounceAbi } from "../hyperlane/hyperlaneAbi.js";
import type { TransactionSender } from "../send/transactionSender.js";

const RETRY_MS = 10_000;

/**
 * Announces where a validator keeps its signatures, unless the chain knows already; tries until it is done or `signal` aborts. Signing
 * does not wait for it: relayers may be configured with the location.
 */
export async function announceValidator(parameters: {
  readonly client: PublicClient;
  readonly validatorAnnounce: Address;
  readonly validator: Address;
  readonly storageLocation: string;
  /** Over `announcementHash`. */
  readonly signature: Hex;
  readonly sender: TransactionSender;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, validatorAnnounce, validator, storageLocation, signature, sender, log, signal } = parameters;
  const contract = { address: validatorAnnounce, abi: validatorAnnounceAbi } as const;
  const id = `announce/${validator}/${keccak256(stringToHex(storageLocation))}`;
  while (!signal.aborted) {
    try {
      const [known = []] = await client.readContract({
        ...contract,
        functionName: "getAnnouncedStorageLocations",
        args: [[validator]],
      });
      if (known.includes(storageLocation)) return;
      const args = [validator, storageLocation, signature] as const;
      const data = encodeFunctionData({ ...contract, functionName: "announce", args });
      const { hash } = await sender.send({ id, to: validatorAnnounce, data });
      log.info("storage location announced", { validator, storageLocation, hash });
      return;
    } catch (error) {
      if (signal.aborted) return;
      log.warn("the storage location could not be announced; trying again", { error: formatError(error) });
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
