import { bytesToHex, type Hex } from "viem";
import { z } from "zod";
import type { DataAvailabilityHeader } from "./dataRoot.js";
import { NMT_NODE_LENGTH } from "./nmt.js";
import { rpcBytes, rpcIndex, rpcInteger } from "./rpcValues.js";

/** What Herald uses of a Celestia block header. */
export interface ExtendedHeader {
  readonly chainId: string;
  readonly height: bigint;
  /** RFC 3339, UTC, nanoseconds. */
  readonly time: string;
  /** State machine version; it decides limits and block time. */
  readonly appVersion: number;
  /** Block hash, which the validators sign. */
  readonly hash: Hex;
  /** Data root: what inclusion proofs end in. */
  readonly dataHash: Hex;
  readonly dah: DataAvailabilityHeader;
}

const hash = rpcBytes(32).transform((bytes) => bytesToHex(bytes));
const roots = z.array(rpcBytes(NMT_NODE_LENGTH)).min(1).max(1024);

/** `header.GetByHeight` and its kin. */
export const extendedHeaderSchema = z
  .object({
    header: z.object({
      version: z.object({ app: rpcIndex }),
      chain_id: z.string(),
      height: rpcInteger,
      time: z.string(),
      data_hash: hash,
    }),
    commit: z.object({ block_id: z.object({ hash }) }),
    dah: z.object({ row_roots: roots, column_roots: roots }),
  })
  .transform(
    ({ header, commit, dah }): ExtendedHeader => ({
      chainId: header.chain_id,
      height: header.height,
      time: header.time,
      appVersion: header.version.app,
      hash: commit.block_id.hash,
      dataHash: header.data_hash,
      dah: { rowRoots: dah.row_roots, columnRoots: dah.column_roots },
    }),
  );
