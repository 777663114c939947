/** Folder of the devnet's Go sources. */
export const devnetSources: string;
/** Where a build of the present sources is kept: `<cache>/bin/celestia-devnet-<hash of the sources>`. */
export function devnetCachePath(environment?: Readonly<Record<string, string | undefined>>): string;
