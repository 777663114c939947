import { z } from "zod";
import { parseCheckpointFile, type SignedCheckpoint } from "../checkpointFile.js";
import { type BoundedFetch, createBoundedFetch, type Reach } from "../fetch/boundedFetch.js";
import { readLocalFile } from "./readLocalFile.js";
import { type ObjectStores, parseStorageLocation, publicObjectStores } from "./storageLocation.js";
import type { StorageNames } from "./storageNames.js";

/** Larger files are no checkpoints, and slower answers are none; the official readers say the same. */
const MAX_FILE_BYTES = 50 * 1024;
const TIMEOUT_MS = 10_000;

/** Why a validator's signature does not count. */
export type MissKind =
  /** Nobody knows where its signatures are, or the location is of no form that can be read. */
  | "noLocation"
  | "unreachable"
  /** It has signed up to an earlier leaf. */
  | "behind"
  /** It has signed later leaves, or says nothing of its latest: this one it has left out so far. */
  | "notSigned"
  /** It has looked at the leaf and refuses it for now; it says why. */
  | "withheld"
  /** Its reorg flag is up. */
  | "flagged"
  | "malformed"
  /** It has signed something else than this leaf of this tree. */
  | "otherLeaf"
  | "otherRoot"
  /** The signature is somebody else's, or in a form that contracts refuse. */
  | "wrongKey";

/** Why there is no signature, for programs and for people. */
export interface Miss {
  readonly kind: MissKind;
  readonly reason: string;
}

interface OpenPlace {
  readonly names: StorageNames;
  /** A file's text; undefined if there is none. */
  read(name: string): Promise<string | undefined>;
}

/** Reads what validators publish. Never throws. */
export interface StorageReader {
  checkpoint(location: string, index: number): Promise<SignedCheckpoint | Miss>;
  /** The highest leaf the validator says it has signed; −1 if none. */
  latestIndex(location: string): Promise<number | Miss>;
}

/** Creates a reader of `file://`, `https://`, `s3://` and `gs://` locations. */
export function createStorageReader(options: {
  /** Where the object stores are. */
  readonly stores?: ObjectStores;
  readonly reach: Reach;
}): StorageReader {
  const { stores = publicObjectStores, reach } = options;
  const fetch = createBoundedFetch({ maxBytes: MAX_FILE_BYTES, timeoutMs: TIMEOUT_MS, reach });

  function open(location: string): OpenPlace | undefined {
    const place = parseStorageLocation(location, stores);
    if (place === undefined) return undefined;
    const read = (name: string): Promise<string | undefined> =>
      place.kind === "file" ? readLocalFile(place.pathOf(name), MAX_FILE_BYTES) : readObject(fetch, place.urlOf(name));
    return { names: place.names, read };
  }

  async function latestIndex(location: string): Promise<number | Miss> {
    const place = open(location);
    if (place === undefined) return unknownForm(location);
    try {
      const text = (await place.read(place.names.latestIndex))?.trim();
      if (text === undefined) return -1;
      return /^\d{1,10}$/.test(text) ? Number(text) : { kind: "malformed", reason: "has a malformed latest index" };
    } catch (error) {
      return { kind: "unreachable", reason: `has a latest index that cannot be read: ${wordsOf(error)}` };
    }
  }

  return {
    latestIndex,
    async checkpoint(location, index) {
      const place = open(location);
      if (place === undefined) return unknownForm(location);
      try {
        const [flag, text] = await Promise.all([
          place.read(place.names.reorgFlag),
          place.read(place.names.checkpoint(index)),
        ]);
        if (flag !== undefined) return { kind: "flagged", reason: "has reported a reorganisation (reorg_flag.json)" };
        if (text === undefined)
          return (await withheldBy(place, index)) ?? notSigned(index, await latestIndex(location));
        const parsed = parseCheckpointFile(text);
        if (typeof parsed !== "string") return parsed;
        return { kind: "malformed", reason: `has a malformed file for leaf ${index}: ${parsed}` };
      } catch (error) {
        return { kind: "unreachable", reason: `has a file for leaf ${index} that cannot be read: ${wordsOf(error)}` };
      }
    },
  };
}

const withheldFile = z.array(z.object({ index: z.number(), code: z.string(), reason: z.string() }));

/** A validator's own words on a leaf; there need be none, and what cannot be read is none. */
async function withheldBy({ names, read }: OpenPlace, index: number): Promise<Miss | undefined> {
  if (names.withheld === undefined) return undefined;
  try {
    const text = await read(names.withheld);
    const leaves = text === undefined ? [] : withheldFile.parse(JSON.parse(text));
    const found = leaves.find((it) => it.index === index);
    if (found === undefined) return undefined;
    return { kind: "withheld", reason: `withholds leaf ${index}: ${found.code}, ${found.reason.slice(0, 300)}` };
  } catch {
    return undefined;
  }
}

async function readObject(fetch: BoundedFetch, url: string): Promise<string | undefined> {
  const { status, text } = await fetch(url);
  if (status === 200) return text;
  // A bucket that does not let everybody list it says 403 also for what is not there; relayers cannot tell the two apart then.
  if (status === 404) return undefined;
  throw new Error(status === 403 ? "the store forbids reading it (403)" : `the store answered ${status}`);
}

function notSigned(index: number, latest: number | Miss): Miss {
  if (typeof latest !== "number" || latest >= index) {
    return { kind: "notSigned", reason: `has not signed leaf ${index} yet` };
  }
  const upTo = latest < 0 ? "nothing so far" : `up to leaf ${latest}`;
  return { kind: "behind", reason: `has not signed leaf ${index} yet, but ${upTo}` };
}

function unknownForm(location: string): Miss {
  return {
    kind: "noLocation",
    reason: `has its signatures at ${location.slice(0, 200)}, which is none of file:///path, https, s3://bucket/region, gs://bucket`,
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
