/**
 * Every codec that exists twice, in wire/src and in Solidity, over random values and over damaged bytes: both must give the same value
 * or both refuse. The Solidity runs for real, compiled as what is deployed.
 *
 * | wire/src                                       | Solidity                                                          |
 * | ---------------------------------------------- | ----------------------------------------------------------------- |
 * | terms: encodeTerms, decodeTerms                | TermsCodec.decode                                                 |
 * | typedData: requestIdOf, gatewayDomain          | TermsCodec.hash, InferenceGateway.idOf, .domainSeparator           |
 * | typedData: answerDigest, recoverAnswerSigner   | AnswerHash.digest, AttestedVerifier.verify (its signature check)   |
 * | result: encodeResultItem, decodeResultItem     | ResultItem (isWellFormed and every section)                        |
 * | result: encodeAttestedProof, decodeAttested…   | AttestedVerifier.verify                                            |
 * | body: encodeResultsBody, decodeResultsBody     | ResultBody.encode, .check, .itemAt                                 |
 * | stateWord: decodeStateWord; lifecycle: FLAG_…  | StateWord (open, settled, withTime, withTopUp and what reads them) |
 * | lifecycle: states, statuses, reasons           | types/Lifecycle.sol, as recorded in snapshots/enums.json           |
 * | (viem's ABI coder)                             | PayeeList.decode                                                   |
 *
 * Without a twin: evidence, model and canonicalJson (the contracts take their hashes as they are), ids (only form), ContainerBytes and
 * the settlement digest (written and read by the contracts alone). A failure prints its seed and its smallest case; to run it again:
 * FUZZ_SEED=… FUZZ_RUNS=… npx vitest run test/twins.test.ts
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { concatHex, encodeAbiParameters, type Hex, hashStruct, pad, toHex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../src/answer.js";
import { decodeResultsBody, encodeResultsBody } from "../src/body.js";
import { errorCode } from "../src/errors.js";
import { parseChainId } from "../src/ids.js";
import {
  answerStatuses,
  FLAG_CALLBACK_FAILED,
  FLAG_DISPUTED,
  FLAG_OUTPUT_AWAITED,
  ignoredMessageReasons,
  rejectionReasons,
  requestStates,
} from "../src/lifecycle.js";
import { decodeAttestedProof, decodeResultItem, encodeAttestedProof, encodeResultItem } from "../src/result.js";
import { decodeStateWord } from "../src/stateWord.js";
import { decodeTerms, encodeTerms } from "../src/terms.js";
import { answerDigest, recoverAnswerSigner, requestIdOf, termsTypes } from "../src/typedData.js";
import { address, answer, damage, hexBytes, item, number, terms, uint, word } from "./support/arbitraries.js";
import { type Reply, startTwins, type TwinContract } from "./support/twinContracts.js";

const CHAIN = parseChainId(31_337);
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const workers = Array.from({ length: 6 }, (_, i) => privateKeyToAccount(toHex(0xa0 + i, { size: 32 })));

let twins: Awaited<ReturnType<typeof startTwins>>;
let harness: TwinContract;
let gateway: TwinContract;
let verifier: TwinContract;

beforeAll(async () => {
  twins = await startTwins();
  harness = twins.harness;
  const somebody = twins.deployer.address;
  gateway = await twins.deploy("InferenceGateway", [somebody, somebody, somebody, somebody]);
  const sets = await twins.deploy("WorkerSets");
  verifier = await twins.deploy("AttestedVerifier", [sets.address]);
  const members = workers.map(({ address: key }, i) => ({ key, operator: pad(toHex(i + 1), { size: 20 }) }));
  await sets.send("registerSet", [somebody, somebody, members]);
}, 300_000);

afterAll(() => twins?.chain.stop());

/** Holds for many random cases; fast-check shrinks the first that fails and prints its seed. */
function always<T>(what: string, cases: fc.Arbitrary<T>, holds: (it: T) => Promise<void>, share = 1) {
  const { FUZZ_SEED, FUZZ_RUNS = "400" } = process.env;
  const numRuns = Math.ceil(Number(FUZZ_RUNS) * share);
  const seed = FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) };
  test(what, () => fc.assert(fc.asyncProperty(cases, holds), { numRuns, ...seed }), 120_000);
}

/** What TypeScript makes of it, said as a contract would. */
function here(decode: () => unknown): Reply {
  try {
    return { value: decode() };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return { refused: code };
  }
}

describe("terms", () => {
  always("are read by the gateway as they were packed", terms, async (it) => {
    const packed = encodeTerms(it);
    expect(decodeTerms(packed)).toEqual(it);
    expect(await harness.ask("decodeTerms", [packed])).toEqual({ value: it });
  });

  always("of any 280 bytes are the same terms", hexBytes(280, 280), async (packed) => {
    const read = decodeTerms(packed);
    expect(await harness.ask("decodeTerms", [packed])).toEqual({ value: read });
    expect(encodeTerms(read)).toBe(packed);
  });

  always("hash to the same struct hash and id", terms, async (it) => {
    const structHash = hashStruct({ data: { ...it }, types: termsTypes, primaryType: "Terms" });
    expect(await harness.ask("hashTerms", [it])).toEqual({ value: structHash });
    const id = requestIdOf({ chainId: CHAIN, gateway: gateway.address }, it);
    expect(await gateway.ask("idOf", [it])).toEqual({ value: id });
  });

  always(
    "have another id at every gateway and chain, the same on both sides",
    fc.record({ it: terms, place: hexBytes(20, 20), chain: fc.integer({ min: 1, max: 0x7fff_ffff }) }),
    async ({ it, place, chain }) => {
      // Not next to the precompiles, which answer for themselves.
      const at: Hex = `0x${place.slice(2, 38)}ffff`;
      const { client } = twins.chain;
      await client.setCode({ address: at, bytecode: gateway.code });
      await client.request({ method: "anvil_setChainId", params: [chain] } as never); // CAST: viem does not know this method.
      const id = requestIdOf({ chainId: parseChainId(chain), gateway: at }, it);
      const reply = await gateway.ask("idOf", [it], at);
      await client.request({ method: "anvil_setChainId", params: [CHAIN] } as never); // CAST: as above.
      expect(reply).toEqual({ value: id });
    },
    0.2,
  );
});

describe("result items", () => {
  always("are read by the gateway as they were packed", item, async (it) => {
    const packed = encodeResultItem(it);
    expect(decodeResultItem(packed)).toEqual(it);
    expect(await harness.ask("isWellFormed", [packed])).toEqual({ value: true });
    expect(await harness.ask("decodeItem", [packed])).toEqual({ value: it });
  });

  const damaged = fc.oneof(
    fc.record({ it: item, by: fc.array(damage, { minLength: 1, maxLength: 2 }) }).map(({ it, by }) => {
      return by.reduce((bytes, hurt) => hurt(bytes), encodeResultItem(it));
    }),
    hexBytes(600),
  );
  always(
    "are well formed for both or for neither",
    damaged,
    async (bytes) => {
      const read = here(() => decodeResultItem(bytes));
      const wellFormed = "value" in read;
      expect(wellFormed || read.refused === "WIRE_MALFORMED").toBe(true);
      expect(await harness.ask("isWellFormed", [bytes])).toEqual({ value: wellFormed });
      if (wellFormed) expect(await harness.ask("decodeItem", [bytes])).toEqual(read);
    },
    2,
  );
});

describe("message bodies", () => {
  const items = fc.array(hexBytes(60), { minLength: 1, maxLength: 6 });
  always("are framed alike and give back their items", items, async (its) => {
    const body = encodeResultsBody(its);
    expect(await harness.ask("encodeBody", [its])).toEqual({ value: body });
    expect(await harness.ask("itemsOf", [body])).toEqual({ value: its });
    expect(decodeResultsBody(body)).toEqual(its);
  });

  const damaged = fc.oneof(
    fc.record({ its: items, hurt: damage }).map(({ its, hurt }) => hurt(encodeResultsBody(its))),
    fc
      .record({ its: items, hurt: damage, more: damage })
      .map(({ its, hurt, more }) => more(hurt(encodeResultsBody(its)))),
    hexBytes(12),
    hexBytes(12).map((rest): Hex => concatHex(["0x0101", rest])),
    hexBytes(12).map((rest): Hex => concatHex(["0x01010000", rest])),
  );
  const verdicts: Record<string, readonly number[]> = {
    WIRE_MALFORMED: [ignoredMessageReasons.malformed],
    WIRE_UNKNOWN_BODY: [ignoredMessageReasons.unknownVersion, ignoredMessageReasons.unknownType],
  };
  always(
    "are taken by both, or by neither for the same reason",
    damaged,
    async (body) => {
      const read = here(() => decodeResultsBody(body));
      const checked = await harness.ask("checkBody", [body]);
      if (!("value" in checked)) throw new Error(`the check itself failed: ${checked.refused}`);
      const allowed = "value" in read ? [0] : verdicts[read.refused];
      expect(allowed).toContain(checked.value);
      if ("value" in read) expect(await harness.ask("itemsOf", [body])).toEqual(read);
    },
    2,
  );
});

describe("answers", () => {
  always("have the same digest", answer, async (it) => {
    const { value: domain } = (await gateway.ask("domainSeparator", [])) as { value: Hex }; // CAST: it has no way to refuse.
    const digest = answerDigest({ chainId: CHAIN, gateway: gateway.address }, it);
    expect(await harness.ask("digestOfAnswer", [domain, it])).toEqual({ value: digest });
  });

  const signatures = fc.oneof(
    fc.constantFrom(...(["as signed", "other half", "v as a bit", "v beyond", "short", "long"] as const)),
    damage,
  );
  always(
    "are signed for TypeScript only if they are for the verifier",
    fc.record({ it: answer, payee: address.filter((a) => a !== zeroAddress), key: fc.nat(5), change: signatures }),
    async ({ it, payee, key, change }) => {
      const worker = workers[key];
      if (worker === undefined) throw new Error("no such worker");
      const ref = { chainId: CHAIN, gateway: gateway.address };
      const signed = { ...it, payee };
      const signature = changed(await worker.sign({ hash: answerDigest(ref, signed) }), change);
      const signer = await recoverAnswerSigner(ref, signed, signature).catch(() => undefined);
      const reply = await verifier.ask("verify", await question(signed, concatHex(["0x01", payee, signature])));
      const counts = signer === worker.address;
      expect(reply).toEqual(counts ? { value: [payee] } : { refused: expect.any(String) });
    },
    0.4,
  );
});

describe("attested proofs", () => {
  const votes = fc.uniqueArray(fc.record({ key: fc.nat(5), payee: address.filter((a) => a !== zeroAddress) }), {
    selector: ({ key }) => key,
    minLength: 1,
    maxLength: 6,
  });

  always(
    "pay whom they name, in the order they have on the wire, damaged or not",
    fc.record({ it: answer, votes, hurt: fc.option(damage) }),
    async ({ it, votes: given, hurt }) => {
      const ref = { chainId: CHAIN, gateway: gateway.address };
      const signed = await Promise.all(
        given
          .flatMap(({ key, payee }) => workers.slice(key, key + 1).map((worker) => ({ worker, payee })))
          .map(async ({ worker, payee }) => ({
            signer: worker.address,
            payee,
            signature: await worker.sign({ hash: answerDigest(ref, { ...it, payee }) }),
          })),
      );
      const whole = encodeAttestedProof(signed);
      const proof = hurt === null ? whole : hurt(whole);
      const read = here(() => decodeAttestedProof(proof));
      const reply = await verifier.ask("verify", await question(it, proof));
      if ("refused" in read) {
        expect(reply).toEqual({ refused: "ProofLength" });
      } else if (proof === whole) {
        expect(reply).toEqual({ value: decodeAttestedProof(proof).map(({ payee }) => payee) });
      } else {
        // Whole in form, so whatever else it lacks, its length is not what is wrong with it.
        expect(reply).not.toEqual({ refused: "ProofLength" });
        expect(reply).not.toHaveProperty("value");
      }
    },
    0.4,
  );

  test("with one key twice are refused by both", async () => {
    const [worker] = workers;
    if (worker === undefined) throw new Error("no worker");
    const [it] = fc.sample(answer, 1);
    const payee = worker.address;
    if (it === undefined) throw new Error("no answer");
    const ref = { chainId: CHAIN, gateway: gateway.address };
    const vote = {
      signer: worker.address,
      payee,
      signature: await worker.sign({ hash: answerDigest(ref, { ...it, payee }) }),
    };
    expect(here(() => encodeAttestedProof([vote, vote]))).toEqual({ refused: "WIRE_DUPLICATE_SIGNER" });
    const proof = concatHex(["0x02", payee, vote.signature, payee, vote.signature]);
    expect(await verifier.ask("verify", await question(it, proof))).toEqual({ refused: "SignersNotAscending" });
  });
});

describe("state words", () => {
  const flags = fc.record({ callbackFailed: fc.boolean(), outputAwaited: fc.boolean(), disputed: fc.boolean() });

  always("of open requests", fc.record({ closeAt: number(40), topUp: uint(96) }), async ({ closeAt, topUp }) => {
    const made = await harness.ask("openWord", [closeAt, topUp]);
    expect(here(() => decodeStateWord(given(made)))).toEqual({ value: { state: "open", closeAt, topUp } });
  });

  always(
    "of settled requests",
    fc.record({ state: fc.integer({ min: 2, max: 5 }), finalAt: number(40), digest: word, other: word, flags }),
    async ({ state, finalAt, digest, other, flags: set }) => {
      const made = await harness.ask("settledWord", [state, finalAt, digest, ...Object.values(set)]);
      const read = decodeStateWord(given(made));
      expect(read).toEqual({
        state: requestStates[state],
        ...set,
        finalAt,
        digest: BigInt(digest) & ((1n << 200n) - 1n),
      });
      expect(await harness.ask("isWordOf", [given(made), digest])).toEqual({ value: true });
      expect(await harness.ask("isWordOf", [given(made), other])).toEqual({
        value:
          (BigInt(digest) ^ BigInt(other)) << 56n === 0n || BigInt.asUintN(200, BigInt(digest) ^ BigInt(other)) === 0n,
      });
    },
  );

  always(
    "of any bits are read alike, and refused alike where the state is unknown",
    fc.record({
      rest: uint(248),
      state: fc.oneof({ weight: 4, arbitrary: number(3) }, { weight: 1, arbitrary: number(8) }),
    }),
    async ({ rest, state }) => {
      const bits = (rest << 8n) | BigInt(state);
      const read = here(() => decodeStateWord(bits));
      const there = await harness.ask("readWord", [bits]);
      if ("refused" in read) {
        expect(read.refused).toBe("WIRE_UNKNOWN_STATE");
        expect(there).toEqual({ refused: "Panic" });
        return;
      }
      const flagsByte = Number((bits >> 8n) & 0xffn);
      const parts = given(there);
      expect(parts).toMatchObject({
        state,
        callbackFailed: (flagsByte & FLAG_CALLBACK_FAILED) !== 0,
        outputAwaited: (flagsByte & FLAG_OUTPUT_AWAITED) !== 0,
        disputed: (flagsByte & FLAG_DISPUTED) !== 0,
      });
      const { state: name, digest: _digest, ...same } = { digest: 0n, ...decodeStateWord(bits) };
      expect(name).toBe(requestStates[state]);
      expect(parts).toMatchObject(same);
    },
  );
});

describe("payees a verifier returns", () => {
  const list = fc.array(address, { maxLength: 34 });
  const encoded = (payees: readonly Hex[]) => encodeAbiParameters([{ type: "address[]" }], [payees]);

  always("are taken in their canonical encoding, 1 to 32 of them and none zero", list, async (payees) => {
    const fine = payees.length > 0 && payees.length <= 32 && !payees.includes(zeroAddress);
    expect(await harness.ask("decodePayees", [encoded(payees)])).toEqual({ value: fine ? payees : [] });
  });

  always("are none in any other bytes", fc.record({ payees: list, hurt: damage }), async ({ payees, hurt }) => {
    const bytes = hurt(encoded(payees));
    const taken = given<readonly Hex[]>(await harness.ask("decodePayees", [bytes]));
    if (taken.length > 0) expect(encoded(taken)).toBe(bytes);
  });
});

describe("numbers of the lifecycle", () => {
  const enums = JSON.parse(readFileSync(new URL("../../snapshots/enums.json", import.meta.url), "utf8"));
  const upper = (name: string) => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  const numbered = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries([["None", 0], ...Object.entries(values).map(([name, value]) => [upper(name), value])]);

  test("are the contracts'", () => {
    expect(Object.fromEntries(requestStates.map((name, i) => [upper(name), i]))).toEqual(enums.RequestState);
    expect(numbered(answerStatuses)).toEqual(enums.AnswerStatus);
    expect(numbered(rejectionReasons)).toEqual(enums.Rejection);
    expect(numbered(ignoredMessageReasons)).toEqual(enums.Ignored);
  });
});

/** Arguments of `verify` for an answer under a policy that any one worker satisfies. */
async function question(it: Omit<Answer, "payee">, proof: Hex): Promise<unknown[]> {
  const domainSeparator = given<Hex>(await gateway.ask("domainSeparator", []));
  const policy = { verifier: verifier.address, setId: 1, k: 1, minTtl: 0, window: 0, verifyGas: 0 };
  const claim = {
    id: it.id,
    status: it.status,
    outputHash: it.outputHash,
    evidenceHash: it.evidenceHash,
    relayer: it.relayer,
    domainSeparator,
  };
  return [policy, decodeTerms(`0x${"00".repeat(280)}`), claim, proof];
}

function changed(
  signature: Hex,
  change: "as signed" | "other half" | "v as a bit" | "v beyond" | "short" | "long" | ((bytes: Hex) => Hex),
): Hex {
  if (typeof change === "function") return change(signature);
  const [r, s, v] = [
    signature.slice(2, 66),
    BigInt(`0x${signature.slice(66, 130)}`),
    Number(`0x${signature.slice(130)}`),
  ];
  const join = (s_: bigint, v_: number): Hex =>
    `0x${r}${toHex(s_, { size: 32 }).slice(2)}${toHex(v_, { size: 1 }).slice(2)}`;
  switch (change) {
    case "as signed":
      return signature;
    case "other half":
      return join(ORDER - s, v === 27 ? 28 : 27);
    case "v as a bit":
      return join(s, v - 27);
    case "v beyond":
      return join(s, v + 8);
    case "short":
      return join(s, v).slice(0, -2) as Hex; // CAST: hex without its last byte is hex.
    case "long":
      return `${signature}00`;
  }
}

function given<T = bigint>(reply: Reply): T {
  if (!("value" in reply)) throw new Error(`refused with ${reply.refused}`);
  return reply.value as T; // CAST: the ABI says so.
}
