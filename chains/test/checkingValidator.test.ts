import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { silentLog } from "@herald/wire/log";
import type { Terms } from "@herald/wire/terms";
import { type Address, type Hex, type PublicClient, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { localLocation } from "../src/hyperlane/storage/storageNames.js";
import { createStorageReader } from "../src/hyperlane/storage/storageReader.js";
import { createQuorumClient } from "../src/quorum/quorumClient.js";
import { createResultCheck } from "../src/validator/resultCheck.js";
import { type Anvil, clientsOf, fundedAccount, startAnvil } from "./support/anvil.js";
import { type CheckedGateway, deployCheckedGateway } from "./support/checkedGateway.js";
import { deployHyperlane, type HyperlaneCore } from "./support/hyperlane.js";
import { until } from "./support/mining.js";
import { newScratch, newValidatorHome, startValidator, type ValidatorHome } from "./support/validators.js";

// A hub with Hyperlane's real contracts whose deployer plays the result hub, and an origin with the real gateway and verifier.
const read = createStorageReader({ reach: "any" }).checkpoint;
const DETOUR = 4_321;
const elsewhere: Address = "0x00000000000000000000000000000000000000aa";
let hub: Anvil;
let origin: Anvil;
let core: HyperlaneCore;
let resultHub: Address;
let gateway: CheckedGateway;
/** The origin's client; a test may put another in its place. */
let asked: PublicClient;
let originClient: PublicClient;
let scratch: string;
let home: ValidatorHome;
let stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  scratch = newScratch();
  [hub, origin] = await Promise.all([startAnvil(31_207), startAnvil(31_208)]);
  const providers = [
    { name: "a", url: origin.url },
    { name: "b", url: `${origin.url}/` },
  ];
  originClient = createQuorumClient({
    chain: "origin",
    chainId: origin.chainId,
    providers,
    quorum: 2,
    log: silentLog,
  });
  gateway = await deployCheckedGateway(origin);
});
beforeEach(async () => {
  const deployer = await fundedAccount(hub);
  core = await deployHyperlane(hub, deployer);
  resultHub = deployer.address;
  home = newValidatorHome(scratch);
  asked = originClient;
});
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
  stops = [];
});
afterAll(async () => {
  await Promise.all([hub?.stop(), origin?.stop()]);
  rmSync(scratch, { recursive: true, force: true });
});

function start() {
  const { client } = clientsOf(hub);
  const place = { name: "origin", domain: origin.chainId, gateway: gateway.ref };
  const check = createResultCheck({
    client,
    mailbox: core.mailbox,
    resultHub,
    origins: [
      {
        ...place,
        finality: { type: "latest", confirmations: 0 },
        get client() {
          return asked;
        },
      },
      // The same gateway by another way, for when the first is cut.
      {
        ...place,
        name: "detour",
        domain: DETOUR,
        finality: { type: "latest", confirmations: 0 },
        client: originClient,
      },
    ],
  });
  const validator = startValidator({ anvil: hub, core, client }, home, { check });
  stops.push(validator.stop);
  return validator;
}
const fileOf = (name: string) => join(home.storageFolder, name);
const isSigned = (index: number) => existsSync(fileOf(`${index}_with_id.json`));
const withheld = (): { index: number; code: string; reason: string; actor: string; messageId: Hex }[] =>
  existsSync(fileOf("withheld.json")) ? JSON.parse(readFileSync(fileOf("withheld.json"), "utf8")) : [];
const codes = () => withheld().map(({ index, code }) => [index, code]);
const send = (body: Hex) => core.dispatch(origin.chainId, gateway.ref.gateway, body);

let questions = 0;
async function askedTerms(change: Partial<Terms> = {}): Promise<Terms> {
  const question = `question ${questions++}`;
  const terms = gateway.terms(question, change);
  await gateway.ask(question, terms);
  return terms;
}

it("signs what the origin confirms, withholds the rest, and says of each message why", async () => {
  const liars = [1, 2].map(() => privateKeyToAccount(generatePrivateKey()));
  const [terms, { workers }] = [await askedTerms(), gateway];
  const [first] = workers;
  if (first === undefined) throw new Error("no workers");
  start();
  await send(await gateway.body(terms, workers));
  await send(await gateway.body(terms, liars));
  await send(await gateway.body(terms, [first]));
  await send(await gateway.body(terms, workers, { output: "0xbad0" }));
  await send(await gateway.body(gateway.terms("never asked"), workers));
  await send(await gateway.body({ ...terms, workerFee: 6n }, workers));
  await send("0x0102");
  await core.dispatch(origin.chainId + 1, gateway.ref.gateway, await gateway.body(terms, workers));
  await core.dispatch(origin.chainId, elsewhere, await gateway.body(terms, workers));
  await send(await gateway.body(terms, workers, { relayer: zeroAddress }));
  await send(await gateway.body(terms, workers));

  await until(() => isSigned(0) && isSigned(10) && !codes().some(([, code]) => code === "VALIDATOR_CHECKING"));
  expect(codes()).toEqual([
    [1, "VALIDATOR_PROOF_REFUSED"],
    [2, "VALIDATOR_PROOF_REFUSED"],
    [3, "VALIDATOR_RESULT_MISMATCH"],
    [4, "VALIDATOR_REQUEST_UNKNOWN"],
    [5, "VALIDATOR_REQUEST_UNKNOWN"],
    [6, "WIRE_UNKNOWN_BODY"],
    [7, "VALIDATOR_ORIGIN_UNKNOWN"],
    [8, "VALIDATOR_WRONG_GATEWAY"],
    [9, "VALIDATOR_RESULT_MISMATCH"],
  ]);
  expect(withheld()[0]?.reason).toContain("NotInSet");
  expect(withheld()[1]?.reason).toContain("NotEnoughOperators(2, 1)");
  for (let index = 1; index < 10; index++) expect(isSigned(index), `leaf ${index}`).toBe(false);
  // What comes after a withheld leaf is signed with the tree's true root, the withheld ones in it.
  const { client } = clientsOf(hub);
  const hook = { address: core.merkleTreeHook, abi: [...rootAbi] } as const;
  const root = await client.readContract({ ...hook, functionName: "root" });
  expect(await read(localLocation(home.storageFolder), 10)).toMatchObject({ checkpoint: { root, index: 10 } });
  expect(readFileSync(fileOf("index.json"), "utf8")).toBe("10");
  // Relayers are told too.
  const told = await read(localLocation(home.storageFolder), 4);
  expect(told).toEqual({ kind: "withheld", reason: expect.stringContaining("VALIDATOR_REQUEST_UNKNOWN") });
});

const rootAbi = [
  { type: "function", name: "root", inputs: [], outputs: [{ type: "bytes32" }], stateMutability: "view" },
] as const;

it("leaves messages alone that are no results, but none reaches a gateway past the result hub", async () => {
  const terms = await askedTerms();
  resultHub = elsewhere;
  start();
  await core.dispatch(origin.chainId, elsewhere, "0x1234");
  await core.dispatch(4_322, elsewhere, "0x1234");
  await send(await gateway.body(terms, gateway.workers));
  await until(() => isSigned(0) && isSigned(1) && codes().some(([, code]) => code === "VALIDATOR_STRANGE_SENDER"));
  expect(isSigned(2)).toBe(false);
});

it("signs a withheld leaf once the origin has caught up, also after a restart", async () => {
  const question = `question ${questions++}`;
  const terms = gateway.terms(question);
  const validator = start();
  await send(await gateway.body(terms, gateway.workers));
  await until(() => codes()[0]?.[1] === "VALIDATOR_REQUEST_UNKNOWN" && existsSync(fileOf("tree.json")));
  await validator.stop();
  expect(isSigned(0)).toBe(false);
  start();
  await gateway.ask(question, terms);
  await until(() => isSigned(0) && withheld().length === 0);
});

it("withholds while the origin cannot be asked, other messages signed meanwhile", async () => {
  const terms = await askedTerms();
  const dead = (): never => {
    throw new Error("nobody answers");
  };
  asked = new Proxy(originClient, { get: () => dead });
  start();
  await send(await gateway.body(terms, gateway.workers));
  await core.dispatch(DETOUR, gateway.ref.gateway, await gateway.body(terms, gateway.workers));
  await until(() => isSigned(1) && codes()[0]?.[1] === "VALIDATOR_CHECK_FAILED");
  expect(withheld()[0]).toMatchObject({ actor: "upstream", reason: expect.stringContaining("nobody answers") });
  expect(isSigned(0)).toBe(false);
  asked = originClient;
  await until(() => isSigned(0) && withheld().length === 0);
});
