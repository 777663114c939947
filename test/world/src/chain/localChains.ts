/** When a request's block counts as final, as the relayer's configuration says it. */
export type LocalFinality =
  | { readonly type: "finalized" }
  | { readonly type: "safe" }
  | { readonly type: "latest"; readonly confirmations: number };

/** A chain that asks. Its id is also its Hyperlane domain, and never one of a production chain. */
export interface LocalOrigin {
  readonly name: string;
  readonly chainId: number;
  readonly finality: LocalFinality;
}

/** The origins of every local world, one for each kind of finality. */
export const localOrigins: readonly LocalOrigin[] = [
  { name: "ethereum", chainId: 31_101, finality: { type: "finalized" } },
  { name: "base", chainId: 31_102, finality: { type: "safe" } },
  { name: "arbitrum", chainId: 31_103, finality: { type: "latest", confirmations: 1 } },
];

/** The chain that dispatches results. */
export const localHub = { name: "ritual", chainId: 31_979 } as const;
