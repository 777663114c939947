import { bytesToHex } from "viem";
import { describe, expect, it } from "vitest";
import { shareCommitment, subtreeSizes, subtreeWidth } from "../src/commitment.js";
import { namespaceOf, parseNamespace } from "../src/namespace.js";
import { sharesNeeded, splitShares } from "../src/shares.js";
import { recordedProof } from "./recordedProof.js";

const namespace = namespaceOf("0x01010101010101010101");
const filled = (length: number, value: (i: number) => number) => Uint8Array.from({ length }, (_, i) => value(i));

// Two independent implementations and, for the first, celestia-node's own example agree on these.
const vectors: readonly {
  readonly what: string;
  readonly data: Uint8Array;
  readonly shares: number;
  readonly width: number;
  readonly commitment: string;
}[] = [
  {
    what: "hello world",
    data: new TextEncoder().encode("hello world"),
    shares: 1,
    width: 1,
    commitment: "acb0598a9fbbc536479c8d9019e09c765d584303da4b0a15dce53aad72f2f504",
  },
  {
    what: "478 zeros",
    data: filled(478, () => 0),
    shares: 1,
    width: 1,
    commitment: "818d2a05206c91f801dafac8ff40f92667449400c3b5a06737f4e82c0cbd8cad",
  },
  {
    what: "479 zeros",
    data: filled(479, () => 0),
    shares: 2,
    width: 1,
    commitment: "19d2ce0d783e6aa33c58ada4413e0a7d8e865319c7ebc7333d837fa88ed36f86",
  },
  {
    what: "960 times ff",
    data: filled(960, () => 0xff),
    shares: 2,
    width: 1,
    commitment: "6d7bfbd95c0c4799999678412b0dc93e0f4d3c7b3e8df816bcbde1ef2964c642",
  },
  {
    what: "10 000 bytes",
    data: filled(10_000, (i) => i % 256),
    shares: 21,
    width: 1,
    commitment: "b74de2074016b18bc4eaabe3c5b63320d381d5b7d2498680b0559e7a682367dc",
  },
  {
    what: "100 000 bytes",
    data: filled(100_000, (i) => i % 251),
    shares: 208,
    width: 4,
    commitment: "9dbeecfe27ba1c8d7b03e5e77a204c553246407e084b4fd0638ed27a598c04c3",
  },
];

describe("shareCommitment", () => {
  it.each(vectors)("$what", ({ data, shares, width, commitment }) => {
    expect(splitShares(new Uint8Array(29), data)).toHaveLength(shares);
    expect(sharesNeeded(data.length)).toBe(shares);
    expect(subtreeWidth(shares)).toBe(width);
    expect(shareCommitment(namespace, data)).toBe(`0x${commitment}`);
  });

  it("of a signed blob (share version 1)", () => {
    const commitment = shareCommitment(namespace, new TextEncoder().encode("hello world"), new Uint8Array(20).fill(9));
    expect(commitment).toBe("0x1f0fda9267790805c39722fe82456690e44d330ddcf62aa14cba969267a00b09");
  });

  it("of a blob recorded from a chain", () => {
    const { blob, namespace, commitment } = recordedProof();
    expect(shareCommitment(namespace, blob.data)).toBe(commitment);
  });

  it("refuses an empty blob and a signer of another length", () => {
    expect(() => shareCommitment(namespace, new Uint8Array())).toThrow(
      expect.objectContaining({ code: "DA_INVALID_BLOB" }),
    );
    expect(() => shareCommitment(namespace, Uint8Array.of(1), new Uint8Array(19))).toThrow(
      expect.objectContaining({ code: "DA_INVALID_BLOB" }),
    );
  });
});

describe("shares", () => {
  it.each([1, 477, 478, 479, 959, 960, 961, 1442, 1443, 100_000])("of %d bytes hold exactly the data", (length) => {
    const data = filled(length, (i) => (i * 7 + 3) % 256);
    const shares = splitShares(new Uint8Array(29).fill(5), data);
    expect(shares).toHaveLength(sharesNeeded(length));
    expect(shares.every((share) => share.length === 512)).toBe(true);
    expect(shares.map((share) => share[29])).toEqual([1, ...Array.from({ length: shares.length - 1 }, () => 0)]);
    const joined = Buffer.concat(shares.map((share, i) => share.subarray(i === 0 ? 34 : 30)));
    expect(Buffer.compare(joined.subarray(0, length), data)).toBe(0);
    expect(joined.subarray(length).every((byte) => byte === 0)).toBe(true);
  });

  it("are cut into full subtrees, then falling powers of two", () => {
    expect(subtreeSizes(208, 4)).toEqual(Array.from({ length: 52 }, () => 4));
    expect(subtreeSizes(7, 4)).toEqual([4, 2, 1]);
    expect(subtreeSizes(15, 2)).toEqual([2, 2, 2, 2, 2, 2, 2, 1]);
  });
});

describe("namespaces", () => {
  it("are padded on the left", () => {
    expect(namespaceOf("herald")).toBe(`0x${"00".repeat(23)}${Buffer.from("herald").toString("hex")}`);
    expect(namespaceOf("0x01010101010101010101")).toBe(`0x${"00".repeat(19)}${"01".repeat(10)}`);
    expect(parseNamespace(namespace.toUpperCase().replace("0X", "0x"))).toBe(namespace);
  });

  it.each([
    ["reserved: one free byte", namespaceHex(1)],
    ["reserved: zero", namespaceHex(0)],
    ["another version", `0x01${"00".repeat(18)}${"01".repeat(10)}`],
    ["parity", `0x${"ff".repeat(29)}`],
    ["id in the fixed zeros", `0x00${"00".repeat(17)}01${"01".repeat(10)}`],
    ["too short", "0x0101"],
    ["not text", 7],
  ])("refuse %s", (_, value) => {
    expect(() => parseNamespace(value)).toThrow(expect.objectContaining({ code: "DA_INVALID_NAMESPACE" }));
  });

  it("refuse a name of more than ten bytes", () => {
    expect(() => namespaceOf("eleven bytes")).toThrow(expect.objectContaining({ code: "DA_INVALID_NAMESPACE" }));
  });
});

function namespaceHex(last: number): string {
  return bytesToHex(Uint8Array.of(...new Uint8Array(28), last));
}
