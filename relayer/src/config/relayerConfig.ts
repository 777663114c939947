import { z } from "zod";
import {
  address,
  amount,
  chainName,
  distinct,
  finality,
  httpUrl,
  keepsQuorum,
  port,
  positiveAmount,
  quorumRefinement,
  reading,
  signer,
  spending,
  wsUrl,
} from "./fields.js";

const domain = z.int("expected the Hyperlane domain, a positive integer").positive();

const origin = z
  .strictObject({
    ...reading,
    webSocket: wsUrl
      .optional()
      .describe("JSON-RPC websocket whose block headers make the relayer look at once; it is not believed."),
    domain: domain.describe("The chain's Hyperlane domain."),
    gateway: address.describe("InferenceGateway on this chain."),
    mailbox: address.describe("Hyperlane's Mailbox on this chain."),
    workerSets: address.describe("WorkerSets on this chain."),
    startBlock: z.int().min(0).describe("Block the gateway was deployed in; nothing is looked for before it."),
    finality: finality.describe("When a request's block counts as final on this lane."),
    policies: z.array(z.int().positive()).min(1).describe("Policies this relayer serves."),
    feeTokens: z
      .array(
        z.strictObject({
          token: address.describe("The ERC-20; the gateway must take it too."),
          minRelayFee: amount.describe("Least relay fee, top-ups included, in the token's smallest unit."),
        }),
      )
      .check(distinct("token", "a token"))
      .default([])
      .describe("Tokens whose requests are served beside those that pay in the chain's own."),
    infernet: z
      .array(
        z.strictObject({
          coordinator: address.describe("InfernetCoordinator on this chain."),
          minRelayFee: positiveAmount.describe("Least relay fee of a request, in wei; it pays for the poke too."),
        }),
      )
      .check(distinct("coordinator", "a coordinator"))
      .default([])
      .describe("Coordinators whose due intervals this relayer asks, for consumers written for Infernet."),
    signer: signer.describe("Pays for deliveries, refunds, finalisations, reveals and pokes on this chain."),
    spending,
  })
  .refine(keepsQuorum, quorumRefinement);

const hub = z
  .strictObject({
    ...reading,
    name: chainName.default("ritual").describe("What the hub chain is called in logs."),
    domain: domain.describe("The hub's Hyperlane domain."),
    mailbox: address.describe("Hyperlane's Mailbox on the hub."),
    merkleTreeHook: address.describe("The hook whose leaves the validators sign."),
    resultHub: address.describe("ResultHub on the hub."),
    signer: signer.describe("The publisher enrolled on the hub."),
    spending,
    validators: z
      .array(
        z.strictObject({
          address: address.describe("The key it signs checkpoints with."),
          storage: z.string().min(1).describe("Announced location, such as file:///path."),
        }),
      )
      .min(1)
      .describe("Validators whose signatures the lanes' security modules want."),
  })
  .refine(keepsQuorum, quorumRefinement);

/** Two origins with one chain id would be one chain, watched and paid for twice. */
const distinctChains = z.superRefine(
  (origins: unknown, context) => {
    if (typeof origins !== "object" || origins === null) return;
    const seen = new Map<unknown, string>();
    for (const [name, value] of Object.entries(origins)) {
      const id: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "chainId") : undefined;
      const earlier = seen.get(id);
      if (id === undefined) continue;
      if (earlier === undefined) seen.set(id, name);
      else {
        const message = `expected a chain of its own; ${earlier} has the same chainId`;
        context.addIssue({ code: "custom", path: [name, "chainId"], message });
      }
    }
  },
  { when: () => true },
);

/** The configuration of `herald start`, checked whole before anything is opened. */
export const relayerConfigSchema = z.strictObject({
  store: z
    .string()
    .min(1)
    .describe("SQLite file; its folder must exist. One for each set of keys, ever: it holds their nonces."),
  temporal: z.strictObject({
    address: z
      .string()
      .regex(/^[^/:]+:\d+$/, "expected host:port")
      .meta({ form: "host:port" })
      .describe("Where the Temporal server listens."),
    namespace: z.string().min(1).default("default").describe("Temporal namespace of the workflows."),
  }),
  origins: z
    .record(chainName, origin)
    .refine((it) => Object.keys(it).length > 0, "expected at least one origin chain")
    .check(distinctChains)
    .describe("The chains requests are made on, by name."),
  hub,
  celestia: z.strictObject({
    url: httpUrl.describe("JSON-RPC of a Celestia node."),
    tokenFile: z.string().min(1).describe("File with a token that may write."),
    namespace: z
      .string()
      .regex(/^[0-9a-f]{20}$/, "expected the 10 free bytes of a version 0 namespace: 20 hex digits")
      .meta({ form: "20 hex digits" })
      .describe("The 10 free bytes of the version 0 namespace evidence goes to."),
  }),
  workers: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe("Shown in logs and errors."),
        url: httpUrl.describe("Where it serves."),
        address: address.describe("The key it signs answers with."),
      }),
    )
    .min(1, "expected at least one worker")
    .check(distinct("name", "a worker"), distinct("url", "a worker"), distinct("address", "a worker"))
    .describe("Workers that are asked; the address is the one a worker signs with."),
  workerTimeoutMs: z
    .int()
    .min(1_000)
    .max(140_000)
    .default(60_000)
    .describe("How long one worker may take for an answer before another is asked."),
  payee: address.describe("Who is credited the relay fees."),
  admission: z
    .strictObject({
      maxUnfinal: z.int().positive().default(1_000).describe("Requests worked on before they are final, at a time."),
      maxUnfinalPerRequester: z.int().positive().default(200).describe("The same, of one requester."),
    })
    .prefault({})
    .describe("How much unpaid work is taken on before the origin is final."),
  filters: z
    .string()
    .min(1)
    .exactOptional()
    .describe("JSON file with a whitelist and a blacklist of requests, looked at again while the relayer runs."),
  api: z
    .strictObject({
      host: z.string().default("127.0.0.1").describe("The address its API listens on."),
      port: port.default(0).describe("0 picks a free one."),
    })
    .prefault({})
    .describe("Where the relayer says what it is doing; read only."),
  portFile: z.string().optional().describe("Where to write the API's address once it listens."),
});

export type RelayerConfig = z.infer<typeof relayerConfigSchema>;
export type OriginConfig = RelayerConfig["origins"][string];
