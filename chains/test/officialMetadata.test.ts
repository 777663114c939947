import { readFileSync } from "node:fs";
import { getAddress, type Hex, isHex } from "viem";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { aggregationMetadata } from "../src/hyperlane/metadata/aggregation.js";
import { lookupHash } from "../src/hyperlane/metadata/ccipRead.js";
import { merkleRootMultisigMetadata } from "../src/hyperlane/metadata/merkleRootMultisig.js";
import { messageIdMultisigMetadata } from "../src/hyperlane/metadata/messageIdMultisig.js";

const hex = z.custom<Hex>(isHex);
const address = z.string().transform((value) => getAddress(value));
const multisig = { merkleTreeHook: address, index: z.number(), signatures: z.array(hex), metadata: hex };
const vectors = z
  .strictObject({
    messageId: z.array(z.strictObject({ ...multisig, root: hex })).min(1),
    merkleRoot: z
      .array(z.strictObject({ ...multisig, signedIndex: z.number(), signedMessageId: hex, proof: z.array(hex) }))
      .min(1),
    aggregation: z.array(z.strictObject({ parts: z.array(hex.nullable()), metadata: hex })).min(1),
    lookup: z.array(z.strictObject({ sender: address, callData: hex, url: z.string(), hash: hex })).min(1),
  })
  .parse(JSON.parse(readFileSync(new URL("vectors/officialMetadata.json", import.meta.url), "utf8")));

describe("byte for byte what Hyperlane's own encoders write", () => {
  it.each(vectors.messageId)("message-id multisig, leaf $index", ({ signatures, metadata, ...checkpoint }) => {
    expect(messageIdMultisigMetadata(checkpoint, signatures).toLowerCase()).toBe(metadata);
  });

  it.each(vectors.merkleRoot)("merkle-root multisig, leaf $index by $signedIndex", (vector) => {
    expect(merkleRootMultisigMetadata(vector, vector.signatures).toLowerCase()).toBe(vector.metadata);
  });

  it.each(vectors.aggregation)("aggregation", ({ parts, metadata }) => {
    expect(aggregationMetadata(parts.map((part) => part ?? undefined))).toBe(metadata);
  });

  it.each(vectors.lookup)("the signature of a lookup at $url", ({ sender, callData, url, hash }) => {
    expect(lookupHash(sender, callData, url)).toBe(hash);
  });
});
