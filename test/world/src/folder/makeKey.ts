import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";

/** A key made for this world, and the file that holds it. */
export interface WorldKey {
  readonly account: PrivateKeyAccount;
  /** Relative to the world's folder, where the configuration files lie. */
  readonly file: string;
}

/** Makes a new key in `<folder>/keys/<name>.key`, readable by its owner alone. */
export function makeKey(folder: string, name: string): WorldKey {
  const key = generatePrivateKey();
  const file = writeSecret(folder, `${name}.key`, key);
  return { account: privateKeyToAccount(key), file };
}

/** Writes `<folder>/keys/<name>` with mode 0600; gives its path relative to the folder. */
export function writeSecret(folder: string, name: string, secret: string): string {
  mkdirSync(join(folder, "keys"), { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "keys", name), `${secret}\n`, { mode: 0o600 });
  return `keys/${name}`;
}
