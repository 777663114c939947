import type { RequestId } from "@herald/wire/ids";
import type { Terms } from "@herald/wire/terms";
import type { GatewayRef } from "@herald/wire/typedData";
import type { Hex } from "viem";

/** A request with its bodies, as the origin chain's event carried them. */
export interface RequestBodies {
  readonly requestId: RequestId;
  readonly chain: string;
  readonly ref: GatewayRef;
  readonly terms: Terms;
  readonly input: Hex;
  readonly context: Hex;
  /** Unix milliseconds; null while the origin block is not final. */
  readonly finalAt: number | null;
}

/** Where activities find the bodies a workflow names by id: a projection of the chain, implemented by the relayer's store. */
export interface RequestBodiesIndex {
  /** @throws HeraldError REQUEST_UNKNOWN if the watcher has not seen it (yet, again after a wipe) */
  bodies(requestId: string): Promise<RequestBodies>;
}
