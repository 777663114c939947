import { existsSync } from "node:fs";
import { HeraldError } from "@herald/wire/errors";
import { devnetCachePath, devnetSources } from "../devnet/cachePath.mjs";

/**
 * Path of the devnet's program: `HERALD_CELESTIA_DEVNET`, or the cached build.
 * @throws HeraldError DA_DEVNET_MISSING if it is not there
 */
export function devnetBinary(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const path = environment.HERALD_CELESTIA_DEVNET ?? devnetCachePath(environment);
  if (existsSync(path)) return path;
  throw new HeraldError({
    code: "DA_DEVNET_MISSING",
    message: "The Celestia devnet is not built.",
    facts: { path, sources: devnetSources },
    actor: "user",
    fix: "Run `npm run devnet -w @herald/da`, or set HERALD_CELESTIA_DEVNET to a build of da/devnet.",
    retry: "never",
  });
}
