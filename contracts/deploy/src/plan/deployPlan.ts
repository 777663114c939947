import { parseAddress } from "@herald/wire/ids";
import { isAddress } from "viem";
import { z } from "zod";
import { crossProblems, crossShape } from "./crossProblems.js";

const address = z
  .string()
  .refine((value) => isAddress(value, { strict: false }), "expected an address: 0x and 40 hex digits")
  .transform((value) => parseAddress(value));
const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), "expected an http:// or https:// URL");
const chainName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "expected a lower-case name such as base");
const whole = (what: string, least: number, most = 0xffff_ffff) => z.int(`expected ${what}`).min(least).max(most);

/** Hyperlane's contracts on a chain that has them; the two hooks as the Mailbox must have them. */
const existingHyperlane = z.strictObject({
  mailbox: address,
  merkleTreeHook: address,
  /** `StaticMessageIdMultisigIsmFactory`. */
  multisigIsmFactory: address,
  validatorAnnounce: address,
  defaultHook: address,
  requiredHook: address,
});

/** A private key is never in the plan itself, only the name of the file, relative to the plan, or variable that holds it. */
const key = z.union(
  [z.strictObject({ keyFile: z.string().min(1) }), z.strictObject({ keyEnv: z.string().min(1) })],
  'expected { "keyFile": "path" } or { "keyEnv": "NAME" }',
);

const distinct = (what: string) =>
  z
    .array(address)
    .min(1, `expected at least one ${what}`)
    .refine((all) => new Set(all).size === all.length, `expected distinct ${what}s`);

/** OpenZeppelin's `TimelockController`, its own only admin: what it does is seen `delay` seconds before it happens. */
const timelock = z.strictObject({
  /** Seconds. */
  delay: whole("the seconds between a proposal and its execution, 1 or more", 1),
  /** May propose, and take a proposal back. */
  proposers: distinct("proposer"),
  /** May execute what has waited long enough; the zero address stands for anyone. */
  executors: distinct("executor"),
});

const wei = z.string().regex(/^\d{1,28}$/, "expected wei as a decimal string");

const chain = {
  chainId: z.int("expected the chain id, a positive integer").positive(),
  /** Hyperlane domain; often, not always, the chain id. */
  domain: whole("the Hyperlane domain, an integer from 1 to 4294967295", 1),
  rpc: httpUrl,
  /** Sends and pays; keeps nothing but what it is the planned owner of. */
  deployer: key,
  /** Owner of everything in the end; in production a timelock that is there already. Without it, `timelock` is deployed to own it. */
  owner: address.optional(),
  timelock: timelock.optional(),
  /** Blocks that must hold a transaction before the next step builds on it. */
  confirmations: whole("how many blocks must hold a transaction, 1 or more", 1, 1_000).default(1),
  /** Without it, Hyperlane's core contracts are deployed. */
  hyperlane: existingHyperlane.optional(),
};

const security = z
  .strictObject({
    validators: z.array(address).min(1, "expected the addresses of the hub's validators"),
    threshold: whole("how many validators must sign, 1 or more", 1, 255),
  })
  .refine(({ validators }) => new Set(validators).size === validators.length, {
    path: ["validators"],
    error: "expected distinct validators",
  })
  .refine(({ validators, threshold }) => threshold <= validators.length, {
    path: ["threshold"],
    error: "expected at most the number of validators",
  });

/** How requests of Infernet's containers are made: see `Route` in contracts/src/compat. */
const route = z.strictObject({
  /** As consumers name them. */
  containers: z.string().min(1),
  modelId: z.string().regex(/^0x[0-9a-f]{64}$/, "expected the model's id: 0x and 64 hex digits"),
  /** Name of a policy; its `k` is the redundancy consumers ask for. */
  policy: z.string().min(1),
  /** What stands between the consumer's bytes and the model's. */
  shape: z.enum(["bytes", "text"], 'expected "bytes" or "text"'),
  /** Share of the payment that is the relay fee, in 1/10,000. */
  relayBps: whole("the relay fee's share, 0 to 10000", 0, 10_000),
  callbackGas: whole("the gas the coordinator is promised", 1),
  /** Seconds from a request to its deadline. */
  ttl: whole("the seconds from a request to its deadline", 1),
  /** Least payment beside the protocol fee. */
  minimum: wei,
});

const originPlan = z.strictObject({
  ...chain,
  /** Whose signatures the messages of the hub need. */
  security,
  /** Wei each new request pays to the protocol. */
  protocolFee: wei,
  feeRecipient: address,
  /** ERC-20 tokens in which fees may be paid, with the protocol fee of each in its smallest unit; all others are refused. */
  feeTokens: z
    .array(z.strictObject({ token: address, fee: wei }))
    .refine((all) => new Set(all.map(({ token }) => token)).size === all.length, "expected distinct tokens")
    .default([]),
  /** Most gas one message from the hub may promise its delivery: below what this chain lets one transaction take (2^24 by EIP-7825). */
  maxMessageGas: whole("the most gas a message may promise, 1 to 16777216", 1, 2 ** 24).default(12_000_000),
  /** A coordinator for consumers written for Infernet. Routes can be added later, and never changed. */
  infernet: z.strictObject({ routes: z.array(route) }).optional(),
  /** Examples to deploy beside the gateway, by contract name. */
  dapps: z.array(z.string().min(1)).default([]),
});

/** Directory of operators and their stake; nothing else depends on it. */
const workerRegistry = z.strictObject({
  /** Who is paid what is slashed; fixed. */
  recipient: address,
  /** Least stake of an operator. */
  minStake: wei.refine((value) => BigInt(value || 0) > 0n, "expected more than nothing"),
  /** Seconds; fixed. */
  unbondingTime: whole("the seconds stake takes to leave, 1 to 31536000", 1, 31_536_000),
  /** Seconds; fixed. */
  jailTime: whole("the seconds of a jail, 1 to 31536000", 1, 31_536_000),
  /** Takes stake on evidence; without it nobody can. */
  slasher: address.optional(),
});

const workers = z
  .array(z.strictObject({ key: address, operator: address }))
  .min(1, "expected at least one worker: a key and its operator")
  .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, "expected distinct keys");

const policy = z.strictObject({
  /** Name of a worker set. */
  set: z.string().min(1),
  /** How many distinct operators of the set must sign. */
  k: whole("how many operators must sign, 1 to 32", 1, 32),
  /** Least seconds between a request and its deadline. */
  minTtl: whole("the least seconds between a request and its deadline", 0),
  /** Gas the verifier is guaranteed. */
  verifyGas: whole("the gas the verifier is guaranteed", 1, 3_000_000),
});

/** What one deployment should be: read from a file, and the only input. */
export const deployPlanSchema = z
  .strictObject({
    /** `production` refuses what a local world may do: single signatures, shared keys, an owner without code. */
    environment: z.enum(["local", "production"], 'expected "local" or "production"'),
    hub: z.strictObject({
      name: chainName,
      ...chain,
      publishers: z.array(address),
      workerRegistry: workerRegistry.optional(),
    }),
    origins: z
      .record(chainName, originPlan)
      .refine((all) => Object.keys(all).length > 0, "expected at least one origin"),
    /** May at once, and nothing else: pause gateways, revoke publishers, remove members of the worker sets, jail operators. */
    guardian: address,
    workerSets: z.record(z.string().min(1), workers),
    policies: z.record(z.string().min(1), policy),
  })
  .superRefine(
    (plan, context) => {
      for (const problem of crossProblems(plan)) context.addIssue({ code: "custom", ...problem });
    },
    // Also where other fields are wrong: every problem at once.
    { when: ({ value }) => crossShape.safeParse(value).success },
  );

export type DeployPlan = z.output<typeof deployPlanSchema>;
export type OriginPlan = DeployPlan["origins"][string];
export type ChainPlan = Omit<DeployPlan["hub"], "name" | "publishers" | "workerRegistry">;
export type TimelockPlan = NonNullable<ChainPlan["timelock"]>;
export type RegistryPlan = NonNullable<DeployPlan["hub"]["workerRegistry"]>;
export type RoutePlan = NonNullable<OriginPlan["infernet"]>["routes"][number];
export type WorkerPlan = DeployPlan["workerSets"][string][number];
export type PolicyPlan = DeployPlan["policies"][string];
