import { bytesToHex } from "viem";
import { describe, expect, it } from "vitest";
import { type CommitmentProof, commitmentProofSchema } from "../src/commitmentProof.js";
import { dataRootOf } from "../src/dataRoot.js";
import { leafHash, merkleRoot, rootOfMerkleProof } from "../src/merkle.js";
import { namespaceOf } from "../src/namespace.js";
import { type VerifyCommitmentProofParameters, verifyCommitmentProof } from "../src/verifyCommitmentProof.js";
import { recordedJson, recordedProof } from "./recordedProof.js";

const recorded = recordedProof();
const base: VerifyCommitmentProofParameters = {
  proof: recorded.proof,
  dataRoot: recorded.header.dataHash,
  commitment: recorded.commitment,
  namespace: recorded.namespace,
};
const holds = (change: Partial<VerifyCommitmentProofParameters> = {}) => {
  try {
    verifyCommitmentProof({ ...base, ...change });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "DA_PROOF_INVALID" });
    return false;
  }
};

/** Every list of the proof, as a way to replace it. */
function lists(
  proof: CommitmentProof,
): { name: string; list: readonly Uint8Array[]; put(list: readonly Uint8Array[]): CommitmentProof }[] {
  return [
    { name: "subtree roots", list: proof.subtreeRoots, put: (subtreeRoots) => ({ ...proof, subtreeRoots }) },
    { name: "row roots", list: proof.rowRoots, put: (rowRoots) => ({ ...proof, rowRoots }) },
    ...proof.ranges.map((range, row) => ({
      name: `nodes of row ${row}`,
      list: range.nodes,
      put: (nodes: readonly Uint8Array[]) => ({ ...proof, ranges: proof.ranges.with(row, { ...range, nodes }) }),
    })),
    ...proof.rowProofs.map((rowProof, row) => ({
      name: `aunts of row ${row}`,
      list: rowProof.aunts,
      put: (aunts: readonly Uint8Array[]) => ({
        ...proof,
        rowProofs: proof.rowProofs.with(row, { ...rowProof, aunts }),
      }),
    })),
    ...proof.rowProofs.map((rowProof, row) => ({
      name: `leaf hash of row ${row}`,
      list: [rowProof.leafHash],
      put: ([leafHash = new Uint8Array()]: readonly Uint8Array[]) => ({
        ...proof,
        rowProofs: proof.rowProofs.with(row, { ...rowProof, leafHash }),
      }),
    })),
  ];
}

describe("a recorded commitment proof", () => {
  it("holds, and so does the header's data root", () => {
    expect(holds()).toBe(true);
    expect(bytesToHex(dataRootOf(recorded.header.dah))).toBe(recorded.header.dataHash);
    expect(recorded.proof.ranges.length).toBe(3);
  });

  it("holds for no other data root, commitment or namespace", () => {
    const other = bytesToHex(new Uint8Array(32).fill(7));
    expect(holds({ dataRoot: other })).toBe(false);
    expect(holds({ commitment: other })).toBe(false);
    expect(holds({ namespace: namespaceOf("other") })).toBe(false);
  });

  describe.each(lists(recorded.proof))("$name", ({ list, put }) => {
    it("any flipped bit breaks it", () => {
      let tried = 0;
      for (const [i, bytes] of list.entries()) {
        for (let at = 0; at < bytes.length; at++) {
          // One bit of every byte, a different one each time; the next test flips them all in one node.
          const changed = Uint8Array.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ (1 << ((at + i) % 8));
          expect(holds({ proof: put(list.with(i, changed)) })).toBe(false);
          tried++;
        }
      }
      expect(tried).toBe(list.reduce((sum, bytes) => sum + bytes.length, 0));
    });

    it("every bit of one entry counts", () => {
      const bytes = list[0] ?? new Uint8Array();
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Uint8Array.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(holds({ proof: put(list.with(0, changed)) })).toBe(false);
      }
    });

    it("an entry dropped, doubled, added, swapped or cut short breaks it", () => {
      for (const [i, bytes] of list.entries()) {
        expect(holds({ proof: put(list.toSpliced(i, 1)) })).toBe(false);
        expect(holds({ proof: put(list.with(i, bytes.subarray(1))) })).toBe(false);
        expect(holds({ proof: put(list.with(i, new Uint8Array())) })).toBe(false);
        const next = list[i + 1];
        if (next !== undefined) expect(holds({ proof: put(list.with(i, next).with(i + 1, bytes)) })).toBe(false);
      }
      if (list.length === 1) return; // a lone leaf hash is not a list
      for (let i = 0; i <= list.length; i++) {
        const extra = list[Math.min(i, list.length - 1)] ?? new Uint8Array();
        expect(holds({ proof: put(list.toSpliced(i, 0, extra)) })).toBe(false);
      }
    });
  });

  it("any other number breaks it", () => {
    const { proof } = recorded;
    for (const change of [-1, 1, 2, 4, 8, 16, 1024, Number.NaN, 0.5]) {
      expect(holds({ proof: { ...proof, startRow: proof.startRow + change } })).toBe(false);
      expect(holds({ proof: { ...proof, endRow: proof.endRow + change } })).toBe(false);
      for (const [i, range] of proof.ranges.entries()) {
        const moved = { ...range, start: range.start + change, end: range.end + change };
        for (const next of [{ ...range, start: range.start + change }, { ...range, end: range.end + change }, moved])
          expect(holds({ proof: { ...proof, ranges: proof.ranges.with(i, next) } })).toBe(false);
      }
      for (const [i, row] of proof.rowProofs.entries()) {
        for (const next of [
          { ...row, index: row.index + change },
          { ...row, total: row.total + change },
        ])
          expect(holds({ proof: { ...proof, rowProofs: proof.rowProofs.with(i, next) } })).toBe(false);
      }
    }
  });

  it("rows taken away, doubled or reordered break it", () => {
    const { proof } = recorded;
    const only = (pick: readonly number[]): CommitmentProof => ({
      ...proof,
      ranges: pick.flatMap((i) => proof.ranges[i] ?? []),
      rowRoots: pick.flatMap((i) => proof.rowRoots[i] ?? []),
      rowProofs: pick.flatMap((i) => proof.rowProofs[i] ?? []),
      endRow: proof.startRow + pick.length - 1,
    });
    expect(holds({ proof: only([0, 1, 2]) })).toBe(true);
    for (const pick of [[], [0], [0, 1], [1, 2], [0, 2], [0, 0, 1], [2, 1, 0], [1, 0, 2], [0, 1, 2, 2]])
      expect(holds({ proof: only(pick) })).toBe(false);
  });

  it("an empty proof proves nothing", () => {
    const nothing = {
      ...recorded.proof,
      subtreeRoots: [],
      ranges: [],
      rowRoots: [],
      rowProofs: [],
      startRow: 0,
      endRow: -1,
    };
    const empty = bytesToHex(merkleRoot([]));
    expect(holds({ proof: nothing, commitment: empty, dataRoot: empty })).toBe(false);
  });
});

describe("parsing", () => {
  it("takes numbers as strings, zeros left out, null lists and row roots in hex", () => {
    const json = recordedJson().commitmentProof;
    json.row_proof.row_roots = json.row_proof.row_roots.map((root: string) =>
      Buffer.from(root, "base64").toString("hex").toUpperCase(),
    );
    json.row_proof.start_row = "0";
    for (const proof of json.row_proof.proofs) proof.total = Number(proof.total);
    json.subtree_root_proofs[1].nodes ??= null;
    expect(commitmentProofSchema.parse(json)).toEqual(recorded.proof);
  });

  it("refuses wrong lengths, non-canonical base64, negative or huge integers, and proofs of absence", () => {
    const wrong: ((json: ReturnType<typeof recordedJson>) => void)[] = [
      (json) => (json.subtree_roots[0] = json.subtree_roots[0].slice(4)),
      (json) => (json.subtree_roots[0] = `${json.subtree_roots[0].slice(0, -1)}!`),
      (json) => (json.namespace_id = "AAAA"),
      (json) => (json.namespace_version = 256),
      (json) => (json.subtree_root_proofs[0].start = -1),
      (json) => (json.subtree_root_proofs[0].end = 1.5),
      (json) => (json.row_proof.proofs[0].total = "99999999999"),
      (json) => (json.row_proof.proofs[0].index = "0x1"),
      (json) => (json.subtree_root_proofs[0].leaf_hash = "AAAA"),
      (json) => delete json.row_proof.proofs[0].leaf_hash,
    ];
    for (const change of wrong) {
      const json = recordedJson().commitmentProof;
      change(json);
      expect(commitmentProofSchema.safeParse(json).success).toBe(false);
    }
  });
});

describe("binary Merkle proofs", () => {
  const leaves = (count: number) => Array.from({ length: count }, (_, i) => Uint8Array.of(i, count));

  it("lead to the root from every leaf of every small tree, and from no other place", () => {
    for (let total = 1; total <= 17; total++) {
      const tree = leaves(total);
      const root = merkleRoot(tree);
      for (const [index, leaf] of tree.entries()) {
        const aunts = auntsOf(tree, index);
        expect(rootOfMerkleProof(leaf, { total, index, aunts })).toEqual(root);
        for (let other = -1; other <= total + 1; other++) {
          if (other === index) continue;
          const moved = rootOfMerkleProof(leaf, { total, index: other, aunts });
          expect(moved === undefined || Buffer.compare(moved, root) !== 0).toBe(true);
        }
        expect(rootOfMerkleProof(leaf, { total, index, aunts: [...aunts, leafHash(leaf)] })).toBeUndefined();
        if (aunts.length > 0) expect(rootOfMerkleProof(leaf, { total, index, aunts: aunts.slice(1) })).toBeUndefined();
      }
    }
  });

  it("of one leaf: only index 0, only without aunts", () => {
    const leaf = Uint8Array.of(1);
    expect(rootOfMerkleProof(leaf, { total: 1, index: 0, aunts: [] })).toEqual(leafHash(leaf));
    expect(rootOfMerkleProof(leaf, { total: 1, index: 1, aunts: [] })).toBeUndefined();
    expect(rootOfMerkleProof(leaf, { total: 1, index: 0, aunts: [leafHash(leaf)] })).toBeUndefined();
    expect(rootOfMerkleProof(leaf, { total: 0, index: 0, aunts: [] })).toBeUndefined();
  });

  // Written the other way round than the code under test: by whole subtree roots.
  function auntsOf(tree: readonly Uint8Array[], index: number): Uint8Array[] {
    if (tree.length === 1) return [];
    const split = 2 ** Math.floor(Math.log2(tree.length - 1));
    const [left, right] = [tree.slice(0, split), tree.slice(split)];
    return index < split
      ? [...auntsOf(left, index), merkleRoot(right)]
      : [...auntsOf(right, index - split), merkleRoot(left)];
  }
});
