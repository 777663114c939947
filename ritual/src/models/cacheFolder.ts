import { homedir } from "node:os";
import { join } from "node:path";

/** Herald's cache: `HERALD_CACHE`, else `$XDG_CACHE_HOME/herald`, else `~/.cache/herald`. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return environment.HERALD_CACHE ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "herald");
}
