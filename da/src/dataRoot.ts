import { merkleRoot } from "./merkle.js";

/** Roots of the rows and columns of a block's extended square, 90 bytes each, the original half first. */
export interface DataAvailabilityHeader {
  readonly rowRoots: readonly Uint8Array[];
  readonly columnRoots: readonly Uint8Array[];
}

/** The data root a block header commits to: Merkle root over the row roots followed by the column roots. */
export function dataRootOf(dah: DataAvailabilityHeader): Uint8Array {
  return merkleRoot([...dah.rowRoots, ...dah.columnRoots]);
}
