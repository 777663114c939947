// Where things are: the checkout, Herald's cache, and the programs in it.
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
/** Outside the checkout, so that a fresh clone finds what an earlier one built. */
export const cache =
  process.env.HERALD_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "herald");
/** Version of the `temporal` command that is built; the newest that `go install` builds without replaced modules. */
export const temporalVersion = "1.5.1";
export const temporalPath = join(cache, "bin", `temporal-${temporalVersion}`);
export const modelFolder = join(cache, "models");
/** Names this checkout among others that share the cache. */
export const checkoutId = createHash("sha256").update(root).digest("hex").slice(0, 8);
