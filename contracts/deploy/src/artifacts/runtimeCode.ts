import { type Hex, size, slice } from "viem";

/** What a contract's code on the chain must be, except where its constructor put its immutables. */
export interface RuntimeCode {
  readonly code: Hex;
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

/** A contract as it is compiled. */
export interface Artifact {
  readonly creation: Hex;
  readonly runtime: RuntimeCode;
}

/** Whether code on a chain is that of an artifact. What the immutables are is for the contract's own functions to say. */
export function isCodeOf(onChain: Hex | undefined, { code, immutables }: RuntimeCode): boolean {
  if (onChain === undefined || size(onChain) !== size(code)) return false;
  let position = 0;
  const same = (end: number) => position === end || slice(onChain, position, end) === slice(code, position, end);
  for (const { start, length } of [...immutables].sort((a, b) => a.start - b.start)) {
    if (!same(start)) return false;
    position = start + length;
  }
  return same(size(code));
}
