import { type Hex, isHex } from "viem";
import { z } from "zod";
import type { CheckpointFolder } from "./checkpointFolder.js";
import type { TreePosition } from "./treeFollower.js";

/** Beside the official files; no agent reads it. */
const FILE = "tree.json";

const hash = z.string().refine((text): text is Hex => isHex(text) && text.length === 66);
const treePosition = z.object({
  block: z.string().regex(/^\d+$/),
  hash,
  tree: z.object({ count: z.number().int().nonnegative(), branch: z.array(hash).length(32) }),
});

/** How far the tree was replayed; undefined when that was never written or cannot be read: it is only a short cut. */
export async function readTreePosition(folder: CheckpointFolder): Promise<TreePosition | undefined> {
  const text = await folder.read(FILE);
  if (text === undefined) return undefined;
  try {
    return treePosition.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function writeTreePosition(folder: CheckpointFolder, position: TreePosition): Promise<void> {
  return folder.write(FILE, JSON.stringify(position));
}
