import { parseAddress } from "@herald/wire/ids";
import { isAddress } from "viem";
import { z } from "zod";

// Field forms shared by the three configurations. Each says in words what it expects: the text stands in the error an operator reads.

export const address = z
  .string()
  .refine((value) => isAddress(value, { strict: false }), "expected an address: 0x and 40 hex digits")
  .transform((value) => parseAddress(value))
  .meta({ form: "an address: 0x and 40 hex digits" });

/** Wei or token units do not fit a JSON number. */
export const amount = z
  .string()
  .regex(/^\d{1,29}$/, 'expected a whole number as text, such as "1000000"')
  .transform((value) => BigInt(value))
  .meta({ form: 'a whole number as text, such as "1000000"' });

export const positiveAmount = amount
  .refine((value) => value > 0n, "expected 1 or more")
  .meta({ form: 'a whole number as text, such as "1000000"' });

export const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), "expected an http:// or https:// URL")
  .meta({ form: "an http:// or https:// URL" });

export const wsUrl = z
  .string()
  .refine((value) => /^wss?:\/\//.test(value) && URL.canParse(value), "expected a ws:// or wss:// URL")
  .meta({ form: "a ws:// or wss:// URL" });

export const chainName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "expected a lower-case name such as base")
  .meta({ form: "a lower-case name such as base" });

export const port = z.int("expected a port from 0 to 65535").min(0).max(65535);

const keyFile = z.strictObject({
  keyFile: z.string().min(1).describe("File with 0x and 64 hex digits, readable by its owner alone."),
});
const keyEnv = z.strictObject({
  keyEnv: z.string().min(1).describe("Environment variable with 0x and 64 hex digits."),
});
const keystore = z.string().min(1).describe("Encrypted file of version 3, as geth and `cast wallet import` write it.");
const signerForms =
  '{ "keystore": "path", "passwordFile": "path" } (or "passwordEnv": "NAME"), { "keyFile": "path" } or { "keyEnv": "NAME" }';

/** A private key is never in the configuration itself, only the name of the file or variable that holds it. */
export const signer = z
  .union(
    [
      z.strictObject({
        keystore,
        passwordFile: z.string().min(1).describe("File with its passphrase, readable by its owner alone."),
      }),
      z.strictObject({
        keystore,
        passwordEnv: z.string().min(1).describe("Environment variable with its passphrase."),
      }),
      keyFile,
      keyEnv,
    ],
    `expected ${signerForms}`,
  )
  .meta({ form: signerForms });
export type SignerConfig = z.infer<typeof signer>;

/** What a signer may burn on one chain, in wei. */
export const spending = z
  .strictObject({
    maxFeePerGas: positiveAmount.exactOptional().describe("Most wei per gas, tip included."),
    maxCost: positiveAmount
      .exactOptional()
      .describe("Most wei one transaction may burn, its data on L1 included, its value not."),
    maxPerDay: positiveAmount.exactOptional().describe("Most wei all transactions of a UTC day may burn."),
  })
  .default({})
  .describe("Limits to what the signer may spend on this chain; none unless told.");

export const providers = z
  .array(
    z.strictObject({
      name: z.string().min(1).describe("Shown in logs and errors."),
      url: httpUrl.describe("JSON-RPC endpoint; never shown whole."),
      limits: z
        .strictObject({
          maxPerSecond: z.int().min(1).exactOptional().describe("Most calls per second, as the provider's plan says."),
          maxConcurrent: z
            .int()
            .min(1)
            .exactOptional()
            .describe("Most calls on their way at the same time; 50 unless told."),
        })
        .exactOptional()
        .describe("What the provider may be asked."),
    }),
  )
  .min(1, "expected at least one provider, and two or more from different operators in production")
  .check(distinct("name", "a provider"), distinct("url", "a provider"))
  .describe("JSON-RPC endpoints of the chain, best of operators who do not know each other.");

export const finality = z
  .discriminatedUnion(
    "type",
    [
      z.strictObject({ type: z.literal("latest"), confirmations: z.int().min(0) }),
      z.strictObject({ type: z.literal("safe") }),
      z.strictObject({ type: z.literal("finalized") }),
    ],
    'expected { "type": "finalized" }, { "type": "safe" } or { "type": "latest", "confirmations": N }',
  )
  .meta({ form: '{ "type": "finalized" }, { "type": "safe" } or { "type": "latest", "confirmations": N }' });

/** A check of a list: no two entries share this key. Runs also where other keys are wrong: every problem at once. */
export function distinct(key: string, what: string): z.core.$ZodCheck<unknown> {
  const check: z.core.$ZodCheck<unknown> = z.superRefine(
    (list: unknown, context) => {
      if (!Array.isArray(list)) return;
      const seen = new Map<unknown, number>();
      for (const [at, entry] of list.entries()) {
        const value: unknown = typeof entry === "object" && entry !== null ? Reflect.get(entry, key) : undefined;
        const earlier = seen.get(value);
        if (value === undefined) continue;
        if (earlier === undefined) seen.set(value, at);
        else
          context.addIssue({
            code: "custom",
            path: [at, key],
            message: `expected ${what} of its own; entry ${earlier} has the same ${key}`,
          });
      }
    },
    { when: () => true },
  );
  return check;
}

/** Reading a chain: who is asked, and how many must agree. */
export const reading = {
  chainId: z.int("expected the chain id, a positive integer").positive().describe("The chain's id (EIP-155)."),
  providers,
  quorum: z
    .int("expected how many providers must agree")
    .min(1)
    .describe("How many providers must agree; more than half."),
  unsafe: z
    .boolean()
    .default(false)
    .describe("Allows 1 of 1. Whoever controls that provider controls what Herald believes."),
  pollMs: z.int().min(50).default(250).describe("How often the head is asked for, in milliseconds."),
};

interface Quorum {
  readonly providers: readonly unknown[];
  readonly quorum: number;
  readonly unsafe?: boolean;
}

/** The rule behind `quorum`: more than half, and never one alone unless asked for. */
function quorumProblem({ providers, quorum, unsafe }: Quorum): string | undefined {
  const count = providers.length;
  if (quorum > count) return `expected at most ${count}, the number of providers; received ${quorum}`;
  if (quorum * 2 <= count) return `expected more than half of the ${count} providers; received ${quorum}`;
  if (quorum === 1 && unsafe !== true) return 'expected 2 or more; one provider alone needs "unsafe": true';
  return undefined;
}

function isQuorum(value: unknown): value is Quorum {
  return (
    typeof value === "object" &&
    value !== null &&
    "quorum" in value &&
    typeof value.quorum === "number" &&
    "providers" in value &&
    Array.isArray(value.providers)
  );
}

/** Arguments of `.refine` that apply the rule, also where other fields of the same object are wrong: every problem at once. */
export function keepsQuorum(value: Quorum): boolean {
  return quorumProblem(value) === undefined;
}
export const quorumRefinement = {
  path: ["quorum"],
  when: (payload: { readonly value: unknown }): boolean => isQuorum(payload.value),
  error: (issue: { readonly input?: unknown }): string | undefined =>
    isQuorum(issue.input) ? quorumProblem(issue.input) : undefined,
};
