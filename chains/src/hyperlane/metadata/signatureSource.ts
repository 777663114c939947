import type { Address, PublicClient } from "viem";
import { validatorAnnounceAbi } from "../hyperlaneAbi.js";
import { createStorageReader, type StorageReader } from "../storage/storageReader.js";

/** Where signatures are read. */
export interface SignatureSource {
  /** Where each validator's are, in the order to be tried. */
  locate(validators: readonly Address[]): Promise<readonly (readonly SignaturePlace[])[]>;
}

/** A storage location, and who may read it. */
export interface SignaturePlace {
  readonly location: string;
  readonly reader: StorageReader;
}

/** Of the operator's choice. */
const trustedReader = createStorageReader({ reach: "any" });
/** Of a stranger's choice: anybody can announce anything. */
const strictReader = createStorageReader({ reach: "public" });

/** The origin's contract in which validators announce themselves. */
export interface Announcements {
  /** Of the origin chain. */
  readonly client: PublicClient;
  readonly validatorAnnounce: Address;
}

/** Locations as configured, by validator address in any letter case; for the others as announced, newest first. */
export function signatureSource(
  configured: Readonly<Record<string, string>>,
  announcements: Announcements | undefined,
): SignatureSource {
  const known = new Map(Object.entries(configured).map(([key, value]) => [key.toLowerCase(), value]));
  return {
    async locate(validators) {
      const others = validators.filter((it) => !known.has(it.toLowerCase()));
      const announced = await readAnnounced(others, announcements);
      return validators.map((validator) => {
        const location = known.get(validator.toLowerCase());
        if (location !== undefined) return [{ location, reader: trustedReader }];
        return (announced.get(validator) ?? []).map((it) => ({ location: it, reader: strictReader }));
      });
    },
  };
}

async function readAnnounced(
  validators: readonly Address[],
  announcements: Announcements | undefined,
): Promise<ReadonlyMap<Address, readonly string[]>> {
  if (announcements === undefined || validators.length === 0) return new Map();
  const { client, validatorAnnounce } = announcements;
  const lists = await client.readContract({
    address: validatorAnnounce,
    abi: validatorAnnounceAbi,
    functionName: "getAnnouncedStorageLocations",
    args: [validators],
  });
  // Anybody may announce; a folder of this machine is not a stranger's to name, as the official relayer has it too.
  const readable = (list: readonly string[]) => list.filter((it) => !it.startsWith("file:")).toReversed();
  return new Map(validators.map((validator, i) => [validator, readable(lists[i] ?? []).slice(0, MAX_LOCATIONS)]));
}

/** Announcements cannot be taken back: an old validator has many. */
const MAX_LOCATIONS = 5;
