// Makes officialMetadata.json with Hyperlane's own encoders, so that the tests need none of their 1.3 GB. In an empty folder F:
//   npm install --ignore-scripts --prefix F @hyperlane-xyz/sdk@34.0.0
//   npm pack @hyperlane-xyz/relayer@4.0.2, unpacked as F/node_modules/@hyperlane-xyz/relayer (its own dependencies do not all resolve)
//   node chains/test/vectors/officialMetadata.mjs F > chains/test/vectors/officialMetadata.json
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder = "."] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(resolve(folder), "node_modules", path)).href);
const { MultisigMetadataBuilder } = await load("@hyperlane-xyz/relayer/dist/metadata/multisig.js");
const { AggregationMetadataBuilder } = await load("@hyperlane-xyz/relayer/dist/metadata/aggregation.js");
const { offchainLookupRequestMessageHash } = await load("@hyperlane-xyz/sdk/dist/ism/utils.js");
const { default: ethers } = await load("ethers/lib/index.js");
const { keccak256, toUtf8Bytes, splitSignature, SigningKey } = ethers.utils;

const word = (text) => keccak256(toUtf8Bytes(text));
const merkleTreeHook = "0x48e6c30B97748d1e2e03bf3e9FbE3890ca5f8CCA";
const hookWord = `0x${"00".repeat(12)}${merkleTreeHook.slice(2).toLowerCase()}`;
const signatures = [1, 2, 3].map((n) => splitSignature(new SigningKey(word(`key ${n}`)).signDigest(word("digest"))));
const joined = (list) => list.map((it) => ethers.utils.joinSignature(it));

const messageId = [0, 258, 4_294_967_294].map((index) => {
  const input = { merkleTreeHook, root: word(`root ${index}`), index };
  const checkpoint = { merkle_tree_hook_address: hookWord, root: input.root, index };
  const metadata = MultisigMetadataBuilder.encode({ type: "messageIdMultisigIsm", checkpoint, signatures });
  return { ...input, signatures: joined(signatures), metadata };
});

const merkleRoot = [
  [0, 0],
  [7, 300],
].map(([index, signedIndex]) => {
  const proof = Array.from({ length: 32 }, (_, i) => word(`sibling ${i}`));
  const input = { merkleTreeHook, index, signedIndex, signedMessageId: word(`message ${signedIndex}`), proof };
  const metadata = MultisigMetadataBuilder.encode({
    type: "merkleRootMultisigIsm",
    checkpoint: { merkle_tree_hook_address: hookWord, root: word("unused"), index: signedIndex },
    proof: { branch: proof, leaf: input.signedMessageId, index },
    signatures: signatures.slice(0, 2),
  });
  return { ...input, signatures: joined(signatures.slice(0, 2)), metadata };
});

const encode = (submoduleMetadata) => AggregationMetadataBuilder.encode({ submoduleMetadata });
const nested = encode([null, messageId[0].metadata]);
const aggregation = [
  [messageId[0].metadata, null, merkleRoot[0].metadata],
  [null, "0x", messageId[1].metadata],
  [nested, null, "0x1234"],
].map((parts) => ({ parts, metadata: encode(parts) }));

const lookup = ["https://server.example/{sender}/{data}", "https://server.example/ünïcode"].map((url) => {
  const input = { sender: merkleTreeHook, callData: "0xfeedbeef", url };
  return { ...input, hash: offchainLookupRequestMessageHash(input.sender, input.callData, url) };
});

process.stdout.write(`${JSON.stringify({ messageId, merkleRoot, aggregation, lookup }, null, 2)}\n`);
