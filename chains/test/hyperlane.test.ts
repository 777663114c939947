import { concatHex, type Hex, recoverMessageAddress, size, slice } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { announcementHash, checkpointHash } from "../src/hyperlane/checkpoint.js";
import { formatAnnouncementFile, formatCheckpointFile, parseCheckpointFile } from "../src/hyperlane/checkpointFile.js";
import { emptyTree, insertLeaf, merkleProof, proofRoot, treeRoot } from "../src/hyperlane/incrementalTree.js";
import { addressOf, decodeMessage, encodeMessage, messageIdOf } from "../src/hyperlane/messageCodec.js";
import { messageIdMultisigMetadata } from "../src/hyperlane/metadata/messageIdMultisig.js";

// Made with the published contracts and SDK of Hyperlane; the key is the first of the well-known development accounts.
const account = privateKeyToAccount("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
const message: Hex =
  "0x0300000007000000010000000000000000000000001111111111111111111111111111111111111111000021050000000000000000000000002222222222222222222222222222222222222222deadbeef";
const messageId: Hex = "0x332b18ef751b29c17c2d89cfd43bf58dd11c06131d0bc171a34f229450a9879a";
const root: Hex = "0x9f2c1fca23e89a75a8b4ed1867bc8da5dd3bfaf87fca8af3e1d2f0efa008f7b0";
const merkleTreeHook = "0x48e6c30B97748d1e2e03bf3e9FbE3890ca5f8CCA";
const checkpoint = { domain: 1, merkleTreeHook, root, index: 0, messageId } as const;
const signature: Hex =
  "0xa63f6c94df75d6834832da703970d5faa9e966d92dd421efd217ea4acef6ec0059a1d4b50aef44ce0d62041e30281d782f388131d182814429be8450cfd422f21b";
const announcement = {
  domain: 1,
  mailbox: "0xc005dc82818d67AF737725bD4bf75435d065D239",
  storageLocation: "s3://my-bucket/us-east-1/base",
} as const;

describe("messages", () => {
  it("are packed and taken apart as the Mailbox does", () => {
    const parts = decodeMessage(message);
    expect(parts).toMatchObject({ nonce: 7, origin: 1, destination: 8453, body: "0xdeadbeef" });
    expect(addressOf(parts.recipient)).toBe("0x2222222222222222222222222222222222222222");
    expect(encodeMessage(parts)).toBe(message);
    expect(messageIdOf(message)).toBe(messageId);
    expect(decodeMessage(encodeMessage({ ...parts, body: "0x" })).body).toBe("0x");
  });

  it.each<[string, Hex]>([
    ["short", slice(message, 0, 76)],
    ["of another version", `0x02${message.slice(4)}`],
  ])("%s are refused", (_, bytes) => {
    expect(() => decodeMessage(bytes)).toThrow(expect.objectContaining({ code: "HYPERLANE_MESSAGE_MALFORMED" }));
  });

  it("whose recipient is no EVM address are refused", () => {
    expect(() => addressOf(`0x01${"00".repeat(31)}`)).toThrow(
      expect.objectContaining({ code: "HYPERLANE_MESSAGE_MALFORMED" }),
    );
  });
});

describe("the tree", () => {
  it("has Hyperlane's roots, empty and with one leaf", () => {
    expect(treeRoot(emptyTree)).toBe("0x27ae5ba08d7291c96c8cbddcc148bf48a6d68c7974b94356f53754ef6171d757");
    expect(treeRoot(insertLeaf(emptyTree, messageId))).toBe(root);
  });

  it("proves every leaf in every later tree, by the branch before the leaf and the leaves behind it", () => {
    const leaves = Array.from({ length: 13 }, (_, i): Hex => `0x${(i + 1).toString(16).padStart(64, "0")}`);
    const trees = [emptyTree];
    for (const leaf of leaves) trees.push(insertLeaf(trees.at(-1) ?? emptyTree, leaf));
    for (const [index, leaf] of leaves.entries()) {
      for (let count = index + 1; count <= leaves.length; count++) {
        const proof = merkleProof(trees[index] ?? emptyTree, leaf, leaves.slice(index + 1, count));
        expect(proof).toHaveLength(32);
        expect(proofRoot(leaf, index, proof)).toBe(treeRoot(trees[count] ?? emptyTree));
      }
    }
  });
});

describe("signatures", () => {
  it("cover what the official validators sign", async () => {
    expect(checkpointHash(checkpoint)).toBe("0x1b60a48a77f4c72e8aecf26ce756477c73d01fe454bcb5b925d20510c8d6177b");
    expect(await account.signMessage({ message: { raw: checkpointHash(checkpoint) } })).toBe(signature);
    expect(announcementHash(announcement)).toBe("0x65e738111b58a43f14cd3ff53cc87a12a50d886f3bc302ade73df3741c49aefc");
    expect(await account.signMessage({ message: { raw: announcementHash(announcement) } })).toBe(
      "0xbb1619f5b6a4f185e0851c2a5a670f34e20ea0f5d57768f2adef49d0e8f51b075389f0e6dcd75de39ca3a0c39b82341aed4494ece59a2748ede4dedd9cdc456b1b",
    );
  });

  it("go into the metadata after hook, root and index", () => {
    const metadata = messageIdMultisigMetadata({ ...checkpoint, index: 258 }, [signature, signature]);
    expect(size(metadata)).toBe(68 + 2 * 65);
    const hook = `0x${"00".repeat(12)}${merkleTreeHook.slice(2)}` as const;
    expect(metadata.toLowerCase()).toBe(concatHex([hook, root, "0x00000102", signature, signature]).toLowerCase());
  });
});

describe("checkpoint files", () => {
  it("have the official agents' form and come back the same", () => {
    const text = formatCheckpointFile({ checkpoint, signature });
    expect(JSON.parse(text)).toEqual({
      value: {
        checkpoint: {
          merkle_tree_hook_address: "0x00000000000000000000000048e6c30b97748d1e2e03bf3e9fbe3890ca5f8cca",
          mailbox_domain: 1,
          root,
          index: 0,
        },
        message_id: messageId,
      },
      signature: {
        r: "0xa63f6c94df75d6834832da703970d5faa9e966d92dd421efd217ea4acef6ec00",
        s: "0x59a1d4b50aef44ce0d62041e30281d782f388131d182814429be8450cfd422f2",
        v: 27,
      },
      serialized_signature: signature,
    });
    expect(parseCheckpointFile(text)).toEqual({ checkpoint, signature });
    expect(JSON.parse(formatAnnouncementFile(account.address, announcement, signature)).value).toEqual({
      validator: account.address.toLowerCase(),
      mailbox_address: "0x000000000000000000000000c005dc82818d67af737725bd4bf75435d065d239",
      mailbox_domain: 1,
      storage_location: announcement.storageLocation,
    });
  });

  it("with r or s short by leading zeros, of an odd number of digits, give the whole signature", async () => {
    // Message ids are tried until the signature is of the rare kind; about one in ten is.
    const found = { short: false, odd: false };
    for (let i = 0; !(found.short && found.odd); i++) {
      const tried = { ...checkpoint, index: i };
      const signed = await account.signMessage({ message: { raw: checkpointHash(tried) } });
      const text = formatCheckpointFile({ checkpoint: tried, signature: signed });
      const { r, s }: { r: string; s: string } = JSON.parse(text).signature;
      found.short ||= r.length < 66 || s.length < 66;
      found.odd ||= r.length % 2 === 1 || s.length % 2 === 1;
      const parsed = parseCheckpointFile(text);
      if (typeof parsed === "string") throw new Error(parsed);
      expect(parsed.signature).toBe(signed);
      const raw = checkpointHash(parsed.checkpoint);
      expect(await recoverMessageAddress({ message: { raw }, signature: parsed.signature })).toBe(account.address);
    }
  });

  it("may call the value `checkpoint`, and v may be 0 or 1, as older agents wrote", () => {
    const { value, ...rest } = JSON.parse(formatCheckpointFile({ checkpoint, signature }));
    rest.signature.v = 0;
    expect(parseCheckpointFile(JSON.stringify({ checkpoint: value, ...rest }))).toEqual({ checkpoint, signature });
  });

  it.each([
    ["not JSON", "{"],
    ["another shape", "{}"],
    ["a short root", formatCheckpointFile({ checkpoint, signature }).replace(root, root.slice(0, 60))],
    ["an impossible v", formatCheckpointFile({ checkpoint, signature }).replace('"v": 27', '"v": 40')],
  ])("of %s give a reason", (_, text) => {
    expect(parseCheckpointFile(text)).toEqual(expect.any(String));
  });
});
