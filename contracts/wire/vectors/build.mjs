// Golden vectors of the wire formats, read by the Solidity and the TypeScript tests.
// `node vectors/build.mjs` prints them; the test compares them with contracts/vectors/wire.json, which is only rewritten on purpose:
// `node vectors/build.mjs > ../vectors/wire.json`.
import { pathToFileURL } from "node:url";
import { keccak256, stringToHex, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { encodeResultsBody } from "../dist/body.js";
import { canonicalJson } from "../dist/canonicalJson.js";
import { evidenceHashOf } from "../dist/evidence.js";
import { modelIdOf } from "../dist/model.js";
import { encodeAttestedProof, encodeResultItem } from "../dist/result.js";
import { encodeTerms, termsToJson } from "../dist/terms.js";
import { answerDigest, answerTypedData, requestIdOf } from "../dist/typedData.js";

const ref = { chainId: 31101, gateway: "0x5FbDB2315678afecb367f032d93F642f64180aa3" };
const zero = "0x0000000000000000000000000000000000000000";
const relayer = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
const workers = [1n, 2n, 3n].map((n) => privateKeyToAccount(toHex(n, { size: 32 })));
const manifest = { name: "echo", task: "test", weights: {}, licence: "MIT", parameters: { b: 1, a: "é" } };
const modelId = modelIdOf(manifest);

const inputs = [
  {
    input: stringToHex("What is a blob?"),
    context: "0x",
    salt: toHex(7n, { size: 32 }),
    gas: 200_000,
    workerFee: 10n ** 15n,
  },
  { input: stringToHex("naïve ✓"), context: "0xdeadbeef", salt: keccak256("0x01"), gas: 0, workerFee: 0n },
  {
    input: "0x",
    context: `0x${"ab".repeat(300)}`,
    salt: `0x${"ff".repeat(32)}`,
    gas: 0xffff_ffff,
    workerFee: 2n ** 96n - 1n,
  },
];

export async function buildVectors() {
  const terms = inputs.map((it, i) => ({
    version: 1,
    salt: it.salt,
    requester: workers[0].address,
    consumer: workers[1].address,
    refundTo: workers[2].address,
    callbackGasLimit: it.gas,
    contextHash: keccak256(it.context),
    modelId,
    inputHash: keccak256(it.input),
    inputMode: 0,
    outputMode: 0,
    policyId: i + 1,
    feeToken: zero,
    workerFee: it.workerFee,
    relayFee: 3n * 10n ** 14n,
    protocolFee: BigInt(i),
    relayer: i === 1 ? relayer : zero,
    deadline: 1_900_000_000 + i,
  }));
  const items = [];
  for (const [i, it] of terms.entries()) {
    const id = requestIdOf(ref, it);
    const output = i === 1 ? "0x" : stringToHex(`answer ${i}`);
    const status = i + 1;
    const outputHash = keccak256(output);
    const evidenceHash = evidenceHashOf({ id, modelId, output, proof: "0x" });
    const signers = workers.slice(0, i + 1);
    const answers = await Promise.all(
      signers.map(async (worker) => {
        const answer = { id, status, outputHash, evidenceHash, payee: worker.address, relayer };
        const digest = answerDigest(ref, answer);
        return {
          ...answer,
          digest,
          signer: worker.address,
          signature: await worker.signTypedData(answerTypedData(ref, answer)),
        };
      }),
    );
    const proof = encodeAttestedProof(answers);
    const context = inputs[i].context;
    const packed = encodeResultItem({ terms: it, status, outputHash, evidenceHash, relayer, context, output, proof });
    items.push({ terms: i, status, outputHash, evidenceHash, relayer, context, output, proof, answers, packed });
  }
  return {
    domain: { chainId: ref.chainId, gateway: ref.gateway, name: "Herald", version: "1" },
    manifest: { canonical: canonicalJson(manifest), modelId },
    terms: terms.map((it, i) => ({
      ...termsToJson(it),
      input: inputs[i].input,
      context: inputs[i].context,
      packed: encodeTerms(it),
      id: requestIdOf(ref, it),
    })),
    items,
    bodies: [
      { items: [items[0].packed], packed: encodeResultsBody([items[0].packed]) },
      { items: items.map((it) => it.packed), packed: encodeResultsBody(items.map((it) => it.packed)) },
    ],
    stateWords: [
      { word: word(1n, 0n, [1_900_000_000n, 40], [5n, 96]), state: "open", closeAt: 1_900_000_000, topUp: "5" },
      {
        word: word(3n, 1n, [1_899_999_999n, 40], [0x1234n, 200]),
        state: "delivered",
        callbackFailed: true,
        finalAt: 1_899_999_999,
        digest: "4660",
      },
      { word: word(5n, 0n, [0n, 40], [0n, 200]), state: "expired", callbackFailed: false, finalAt: 0, digest: "0" },
    ],
  };
}

// Written out by hand, not through the decoder: state | flags << 8 | a << 16 | b << 56.
function word(state, flags, [a], [b]) {
  return toHex(state | (flags << 8n) | (a << 16n) | (b << 56n), { size: 32 });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.stdout.write(`${JSON.stringify(await buildVectors(), null, 2)}\n`);
}
