import { formatError, isHeraldError } from "@herald/wire/errors";
import { type Address, concatHex, type Hex, numberToHex, size } from "viem";
import { causes } from "../../send/errorText.js";
import { aggregationIsmAbi } from "../hyperlaneAbi.js";
import type { Metadata, MetadataContext, ReadyMetadata, Resolve, Unsigned } from "./metadata.js";
import { moduleRefused } from "./metadataErrors.js";
import { readModule, tryVerify } from "./moduleCall.js";

/** Bytes of a module's entry in the table at the beginning: from and to, uint32 each. */
const ENTRY_BYTES = 8;
/** What a module that cannot be tried is taken to cost beside its calldata; such modules only compare two addresses. */
const UNTRIED_GAS = 30_000n;

/**
 * Metadata of an aggregation module (AggregationIsmMetadata.sol): for each module where its metadata begins and ends, zero for those left
 * out, then the metadata. An empty one begins and ends at the same place, which is never zero.
 */
export function aggregationMetadata(parts: readonly (Hex | undefined)[]): Hex {
  let end = parts.length * ENTRY_BYTES;
  const table = parts.map((part) => {
    if (part === undefined) return numberToHex(0, { size: ENTRY_BYTES });
    const start = end;
    end += size(part);
    return concatHex([numberToHex(start, { size: 4 }), numberToHex(end, { size: 4 })]);
  });
  return concatHex([...table, ...parts.map((part) => part ?? "0x")]);
}

interface Part {
  readonly module: Address;
  readonly at: number;
}
type Tried = Part &
  (
    | { readonly state: "ready"; readonly ready: ReadyMetadata; readonly gas: bigint }
    | { readonly state: "unsigned"; readonly unsigned: Unsigned }
    | { readonly state: "refused"; readonly error: unknown }
  );

/**
 * Makes it from the cheapest modules that verify: each is tried by itself first, since one that says no fails the whole, and so does one more
 * than the threshold.
 * @throws HeraldError HYPERLANE_AGGREGATION_UNMET if too few modules can ever verify as they are now; what the client throws
 */
export async function aggregated(
  context: MetadataContext & { readonly mailbox: Address },
  ism: Address,
  resolve: Resolve,
): Promise<Metadata> {
  const { client, message } = context;
  const call = {
    address: ism,
    abi: aggregationIsmAbi,
    functionName: "modulesAndThreshold",
    args: [message.message],
  } as const;
  const [modules, threshold] = await readModule(ism, call.functionName, () => client.readContract(call));
  if (threshold === 0 || threshold > modules.length) {
    throw moduleRefused(
      "HYPERLANE_ISM_UNSAFE",
      "The recipient's security module has parameters nothing may be delivered under.",
      ism,
      { threshold, modules: modules.length },
      "Set an aggregation with a threshold of at least one and no more than its modules.",
    );
  }
  const tried = await Promise.all(modules.map((module, at) => tryPart(context, { module, at }, resolve)));
  const ready = tried.filter((it) => it.state === "ready").sort((a, b) => (a.gas < b.gas ? -1 : 1));
  if (ready.length >= threshold) {
    const chosen = ready.slice(0, threshold);
    const metadata = aggregationMetadata(modules.map((_, i) => chosen.find(({ at }) => at === i)?.ready.metadata));
    return { state: "ready", metadata, canBeTried: chosen.every((it) => it.ready.canBeTried) };
  }
  const waiting = tried.filter((it) => it.state === "unsigned").map((it) => it.unsigned);
  const missing = threshold - ready.length;
  if (waiting.length >= missing) return together(waiting, missing);
  const refused = tried.filter((it) => it.state === "refused");
  // Trouble on the way to the chain says nothing about the module.
  const passing = refused.find((it) => !isAboutModule(it.error));
  if (passing !== undefined) throw passing.error;
  throw moduleRefused(
    "HYPERLANE_AGGREGATION_UNMET",
    "Too few of the aggregated security modules can verify the message.",
    ism,
    {
      threshold,
      verify: ready.length,
      unsigned: waiting.length,
      refused: refused.map(
        ({ module, error }) => `${module}: ${isHeraldError(error) ? formatError(error) : String(error)}`,
      ),
    },
    "See why each of them refuses.",
  );
}

async function tryPart(
  context: MetadataContext & { readonly mailbox: Address },
  part: Part,
  resolve: Resolve,
): Promise<Tried> {
  const { client, mailbox, message } = context;
  try {
    const made = await resolve(part.module);
    if (made.state === "unsigned") return { ...part, state: "unsigned", unsigned: made };
    const gas = made.canBeTried
      ? await tryVerify(client, mailbox, part.module, made.metadata, message.message)
      : UNTRIED_GAS;
    return { ...part, state: "ready", ready: made, gas };
  } catch (error) {
    return { ...part, state: "refused", error };
  }
}

/** The ones nearest to their threshold are waited for. */
function together(waiting: readonly Unsigned[], missing: number): Unsigned {
  const nearest = [...waiting].sort((a, b) => a.threshold - a.signed - (b.threshold - b.signed)).slice(0, missing);
  return {
    state: "unsigned",
    signed: nearest.reduce((sum, it) => sum + it.signed, 0),
    threshold: nearest.reduce((sum, it) => sum + it.threshold, 0),
    reasons: waiting.flatMap((it) => it.reasons),
    async hasEnough() {
      const enough = await Promise.all(waiting.map((it) => it.hasEnough()));
      return enough.filter(Boolean).length >= missing;
    },
  };
}

function isAboutModule(error: unknown): boolean {
  return [...causes(error)].some((it) => isHeraldError(it) && it.code.startsWith("HYPERLANE_"));
}
