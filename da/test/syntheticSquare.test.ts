import { bytesToHex, hexToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { subtreeWidth } from "../src/commitment.js";
import { merkleRoot } from "../src/merkle.js";
import { namespaceOf } from "../src/namespace.js";
import { nmtLeaf, nmtParent } from "../src/nmt.js";
import { sharesNeeded } from "../src/shares.js";
import { verifyCommitmentProof } from "../src/verifyCommitmentProof.js";
import { syntheticSquare } from "./syntheticSquare.js";

const data = (shares: number) => new Uint8Array(478 + (shares - 1) * 482).fill(shares % 251);
const reasonOf = (square: ReturnType<typeof syntheticSquare>) => {
  try {
    verifyCommitmentProof(square);
    return undefined;
  } catch (error) {
    // CAST: what is thrown carries facts, or the test fails on it.
    return (error as { facts: { reason: string } }).facts.reason;
  }
};

describe("proofs of squares made here", () => {
  it("hold for every size and every place a blob may have", () => {
    let squares = 0;
    for (const width of [1, 2, 4, 8, 16]) {
      for (const shares of [1, 2, 3, 4, 5, 7, 8, 15, 16, 21, 33, 64, 65, 100, 127, 129, 256]) {
        const step = subtreeWidth(sharesNeeded(data(shares).length));
        for (let first = 0; first + shares <= width * width; first += step * Math.max(1, Math.ceil(width / 3))) {
          expect(reasonOf(syntheticSquare({ width, data: data(shares), first }))).toBeUndefined();
          squares++;
        }
      }
    }
    expect(squares).toBeGreaterThan(200);
  });

  // What follows celestia-node's own verifier takes for true.
  it("of rows among the parity rows or the columns do not", () => {
    const at = (offset: number) => syntheticSquare({ width: 4, data: data(6), first: 2, place: (row) => row + offset });
    expect(reasonOf(at(0))).toBeUndefined();
    expect(reasonOf(at(2))).toBeUndefined();
    for (const offset of [3, 4, 8, 12]) expect(reasonOf(at(offset))).toBe("not a row of original data");
  });

  it("of rows that do not follow each other do not", () => {
    expect(reasonOf(syntheticSquare({ width: 4, data: data(6), first: 2, place: (row) => row * 2 }))).toBe(
      "rows are not consecutive",
    );
  });

  it("of shares that do not start where blobs start do not", () => {
    expect(subtreeWidth(100)).toBe(2);
    expect(reasonOf(syntheticSquare({ width: 16, data: data(100), first: 2 }))).toBeUndefined();
    const moved = syntheticSquare({ width: 16, data: data(100), first: 3 });
    // Cut where it stands, it has another commitment; suppose somebody asked for that one.
    const commitment = bytesToHex(merkleRoot(moved.proof.subtreeRoots));
    expect(reasonOf({ ...moved, commitment })).toBe("the blob does not start where blobs start");
  });

  it("of another namespace's shares do not", () => {
    const square = syntheticSquare({ width: 4, data: data(6), first: 2 });
    const namespace = namespaceOf("other");
    expect(reasonOf({ ...square, namespace, proof: { ...square.proof, namespace: hexToBytes(namespace) } })).toBe(
      "a subtree root is of another namespace",
    );
  });

  it("of nodes whose namespaces are out of order do not", () => {
    const [low, high] = [1, 2].map((byte) => nmtLeaf(new Uint8Array(29).fill(byte), Uint8Array.of(byte)));
    if (low === undefined || high === undefined) throw new Error("two nodes were expected");
    expect(nmtParent(low, high)).toHaveLength(90);
    expect(nmtParent(high, low)).toBeUndefined();
    const parent = nmtParent(low, high) ?? low;
    const upsideDown = Uint8Array.from([...parent.subarray(29, 58), ...parent.subarray(0, 29), ...parent.subarray(58)]);
    expect(nmtParent(upsideDown, high)).toBeUndefined();
  });

  it("of a range that stops short of its row's end do not", () => {
    const square = syntheticSquare({ width: 4, data: data(6), first: 2 });
    const [upper, lower] = square.proof.ranges;
    if (upper === undefined || lower === undefined) throw new Error("two rows were expected");
    expect(reasonOf({ ...square, proof: { ...square.proof, ranges: [{ ...upper, end: 3 }, lower] } })).toBe(
      "an earlier row does not reach its end",
    );
    expect(reasonOf({ ...square, proof: { ...square.proof, ranges: [upper, { ...lower, start: 1 }] } })).toBe(
      "a later row does not start at its beginning",
    );
    expect(reasonOf({ ...square, proof: { ...square.proof, ranges: [upper, { ...lower, end: 5 }] } })).toBe(
      "range outside the row",
    );
  });
});
