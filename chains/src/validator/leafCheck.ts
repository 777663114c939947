import type { PlacedLeaf } from "./treeFollower.js";

/** Why a leaf is not signed now. */
export interface Withholding {
  readonly code: string;
  readonly reason: string;
  readonly actor: string;
}

/** A second opinion on a leaf, before it is signed. It throws nothing: what cannot be found out is a reason to withhold. */
export interface LeafCheck {
  /** undefined: nothing speaks against it. */
  examine(leaf: PlacedLeaf): Promise<Withholding | undefined>;
}
