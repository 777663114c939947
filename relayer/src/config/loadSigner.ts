import type { Hex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import type { SignerConfig } from "./fields.js";
import { loadSecret, secretUnusable } from "./loadSecret.js";
import { openKeystore } from "./openKeystore.js";

/**
 * The account behind a signer setting; `path` is where the configuration names it. The key itself is never logged, printed or put into an error.
 * @throws HeraldError CONFIG_KEY_UNUSABLE
 */
export function loadSigner(configFile: string, signer: SignerConfig, path: string): PrivateKeyAccount {
  if ("keystore" in signer) return privateKeyToAccount(fromKeystore(configFile, signer, path));
  const place = "keyFile" in signer ? { file: signer.keyFile } : { env: signer.keyEnv };
  const key = loadSecret(configFile, place, path);
  if (/^0x[0-9a-fA-F]{64}$/.test(key)) return privateKeyToAccount(key as Hex); // CAST: checked just now.
  const fix = "Write a private key there as 0x and 64 hex digits, and nothing else.";
  throw secretUnusable(path, place, "it does not hold 0x and 64 hex digits", fix);
}

function fromKeystore(configFile: string, signer: Extract<SignerConfig, { keystore: string }>, path: string): Hex {
  const place = "passwordFile" in signer ? { file: signer.passwordFile } : { env: signer.passwordEnv };
  const encrypted = loadSecret(configFile, { file: signer.keystore }, `${path}.keystore`);
  const passphrase = loadSecret(configFile, place, path);
  try {
    return openKeystore(encrypted, passphrase);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "it cannot be opened";
    const fix = "Name the right passphrase, or write the file anew: `cast wallet import --keystore-dir DIR NAME`.";
    throw secretUnusable(path, { keystore: signer.keystore }, reason, fix);
  }
}
