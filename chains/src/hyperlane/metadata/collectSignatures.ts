import { type Address, type Hex, hexToBigInt, isAddressEqual, recoverMessageAddress, slice } from "viem";
import { type Checkpoint, checkpointHash } from "../checkpoint.js";
import type { Miss } from "../storage/storageReader.js";
import type { MissingReason } from "./metadata.js";
import type { SignaturePlace } from "./signatureSource.js";

/** Upper bound of a signature's s; OpenZeppelin's ECDSA refuses larger ones, and with them the whole delivery (EIP-2). */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** The leaf whose signatures are wanted; `root` where the origin chain itself has said what it is. */
export type ExpectedLeaf = Omit<Checkpoint, "root"> & { readonly root: Hex | undefined };

/** The best agreement among a set of validators about one leaf. */
export interface SignatureCount {
  /** The origin's root where it is known, else the one most validators signed. */
  readonly root: Hex | undefined;
  /** In the order of the set. */
  readonly signatures: readonly Hex[];
  /** Why the others do not count. */
  readonly reasons: readonly MissingReason[];
}

interface Vote {
  readonly root: Hex;
  readonly signature: Hex;
}

/** The validators of a module and where each keeps its signatures. */
export interface LocatedValidator {
  readonly validator: Address;
  readonly places: readonly SignaturePlace[];
}

/**
 * Collects, and checks one by one, the validators' signatures for a leaf. Good votes are kept in `seen`, so that looking again reads only
 * what is missing.
 */
export async function collectSignatures(parameters: {
  readonly validators: readonly LocatedValidator[];
  readonly expected: ExpectedLeaf;
  readonly seen: Map<Address, Vote>;
}): Promise<SignatureCount> {
  const { validators, expected, seen } = parameters;
  const votes = await Promise.all(
    validators.map(async ({ validator, places }) => {
      const vote = seen.get(validator) ?? (await readVote(places, validator, expected));
      if ("signature" in vote) seen.set(validator, vote);
      return { validator, vote };
    }),
  );
  const byRoot = new Map<Hex, Hex[]>();
  for (const { vote } of votes) {
    if ("signature" in vote) byRoot.set(vote.root, [...(byRoot.get(vote.root) ?? []), vote.signature]);
  }
  const [most] = [...byRoot].sort(([, a], [, b]) => b.length - a.length);
  const root = expected.root ?? most?.[0];
  const reasons = votes.flatMap(({ validator, vote }): readonly MissingReason[] => {
    if ("reason" in vote) return [{ validator, ...vote }];
    if (vote.root === root) return [];
    return [{ validator, kind: "otherRoot", reason: `has signed another root for leaf ${expected.index}` }];
  });
  return { root, signatures: (root === undefined ? undefined : byRoot.get(root)) ?? [], reasons };
}

async function readVote(
  places: readonly SignaturePlace[],
  validator: Address,
  expected: ExpectedLeaf,
): Promise<Vote | Miss> {
  let first: Miss | undefined;
  for (const place of places) {
    const vote = await readVoteAt(place, validator, expected);
    if ("signature" in vote) return vote;
    // A flagged validator is out, whatever its other places say.
    if (vote.kind === "flagged") return vote;
    first ??= vote;
  }
  return first ?? { kind: "noLocation", reason: "has no known storage location" };
}

async function readVoteAt(
  { location, reader }: SignaturePlace,
  validator: Address,
  expected: ExpectedLeaf,
): Promise<Vote | Miss> {
  const file = await reader.checkpoint(location, expected.index);
  if ("reason" in file) return file;
  const { checkpoint, signature } = file;
  const leaf = `for leaf ${expected.index}`;
  const other = (reason: string): Miss => ({ kind: "otherLeaf", reason });
  if (checkpoint.index !== expected.index) {
    return other(`has a checkpoint of index ${checkpoint.index} in its file ${leaf}`);
  }
  if (checkpoint.domain !== expected.domain) return other(`has signed for domain ${checkpoint.domain} ${leaf}`);
  if (!isAddressEqual(checkpoint.merkleTreeHook, expected.merkleTreeHook)) {
    return other(`has signed for the hook ${checkpoint.merkleTreeHook} ${leaf}`);
  }
  if (checkpoint.messageId !== expected.messageId.toLowerCase()) {
    return other(`has signed another message (${checkpoint.messageId}) ${leaf}`);
  }
  if (hexToBigInt(slice(signature, 32, 64)) > MAX_S) {
    return { kind: "wrongKey", reason: `has a malleable signature ${leaf}` };
  }
  const signer = await recover(checkpoint, signature);
  if (signer === undefined || !isAddressEqual(signer, validator)) {
    return { kind: "wrongKey", reason: `has a signature of somebody else ${leaf}` };
  }
  return { root: checkpoint.root, signature };
}

async function recover(checkpoint: Checkpoint, signature: Hex): Promise<Address | undefined> {
  try {
    return await recoverMessageAddress({ message: { raw: checkpointHash(checkpoint) }, signature });
  } catch {
    return undefined;
  }
}
