import type { ProviderStanding } from "@herald/chains/quorum/provider/jsonRpcProvider";
import type { TagAlias } from "@herald/chains/quorum/quorumEvents";

/** What `/status` tells operators of a relayer. */
export interface RelayerStatus {
  /** One sentence for each part that is kept from its work. */
  readonly problems: readonly string[];
  /** Admitted requests that have not ended, by chain. */
  readonly open: Readonly<Record<string, number>>;
  /** How the providers of each chain did lately. */
  readonly providers: Readonly<Record<string, readonly ProviderStanding[]>>;
  /** Providers found to answer `safe` or `finalized` with their latest block. */
  readonly tagAliases: readonly TagAlias[];
}
