import type { RequestView } from "../service/requestView.js";
import type { ChainView } from "./chainView.js";

/** What is known of a request: the relayer's word, and the chain's own, each null where it cannot be had. */
export interface Sight {
  readonly requestId: string;
  readonly relayer: RequestView | null;
  /** Why there is no word of the relayer's. */
  readonly relayerProblem: string | null;
  readonly chain: ChainView | null;
  /** Chains that did not answer, and why. */
  readonly silentChains: Readonly<Record<string, string>>;
}
