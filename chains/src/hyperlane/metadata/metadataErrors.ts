import { HeraldError } from "@herald/wire/errors";
import type { Address } from "viem";

/** A module no metadata is made for, as its chain has it now: only its owner can change that, so it is looked at again after a while. */
export function moduleRefused(
  code: `HYPERLANE_${string}`,
  message: string,
  ism: Address,
  facts: Record<string, unknown>,
  fix: string,
  cause?: unknown,
): HeraldError {
  return new HeraldError({
    code,
    message,
    facts: { ism, ...facts },
    fix,
    actor: "operator",
    retry: { afterMs: 60_000 },
    ...(cause !== undefined && { cause }),
  });
}
