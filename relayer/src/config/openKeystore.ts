import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { scrypt } from "@noble/hashes/scrypt";
import { concatBytes, type Hex, hexToBytes, isAddressEqual, keccak256, toHex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { z } from "zod";

/** Most memory a key may be made to cost: geth's and Foundry's own settings need 256 MiB at most. */
const MOST_MEMORY = 512 * 1024 * 1024;

const hex = z
  .string()
  .regex(/^(0x)?([0-9a-fA-F]{2})*$/)
  .transform((text) => hexToBytes(`0x${text.replace(/^0x/, "")}`));
const derivation = z.discriminatedUnion("kdf", [
  z.object({
    kdf: z.literal("scrypt"),
    kdfparams: z.object({
      ...{ n: z.int().min(2), r: z.int().min(1), p: z.int().min(1).max(64) },
      ...{ dklen: z.int().min(32).max(64), salt: hex },
    }),
  }),
  z.object({
    kdf: z.literal("pbkdf2"),
    kdfparams: z.object({
      ...{ c: z.int().min(1).max(10_000_000), prf: z.literal("hmac-sha256") },
      ...{ dklen: z.int().min(32).max(64), salt: hex },
    }),
  }),
]);
const keystore = z.object({
  version: z.literal(3),
  address: z.string().optional(),
  crypto: z
    .object({
      cipher: z.literal("aes-128-ctr"),
      cipherparams: z.object({ iv: hex }),
      ciphertext: hex,
      mac: hex,
    })
    .and(derivation),
});

/**
 * The private key in an encrypted file as geth, Foundry (`cast wallet import`), ethers and others write it: Web3 Secret Storage, version 3.
 * @throws Error saying in words why not, without anything of what it holds
 */
export function openKeystore(text: string, passphrase: string): Hex {
  const { address, crypto } = parse(text);
  const derived = derive(crypto, passphrase);
  const mac = keccak256(concatBytes([derived.subarray(16, 32), crypto.ciphertext]));
  if (mac !== toHex(crypto.mac)) throw new Error("the passphrase is wrong, or the file was changed");
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), crypto.cipherparams.iv);
  const key = Buffer.concat([decipher.update(crypto.ciphertext), decipher.final()]);
  if (key.length !== 32) throw new Error("it holds something else than a private key");
  const secret = toHex(key);
  const named = address?.replace(/^0x/, "");
  if (named && !isAddressEqual(privateKeyToAddress(secret), `0x${named}`))
    throw new Error("its key is not that of the address it names");
  return secret;
}

function parse(text: string): z.infer<typeof keystore> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("it is not JSON");
  }
  const parsed = keystore.safeParse(lowerCased(json));
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.join(".");
  throw new Error(`it is no keystore of version 3 that is understood here: see ${at === "" ? "its top" : at}`);
}

/** Some writers say `Crypto`. */
function lowerCased(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value]));
}

function derive(crypto: z.infer<typeof derivation>, passphrase: string): Uint8Array {
  if (crypto.kdf === "pbkdf2") {
    const { c, salt, dklen } = crypto.kdfparams;
    return pbkdf2Sync(passphrase, salt, c, dklen, "sha256");
  }
  const { n, r, p, salt, dklen } = crypto.kdfparams;
  if (128 * n * r > MOST_MEMORY) throw new Error("opening it would take more than 512 MiB of memory");
  // Not Node's own: OpenSSL refuses the definition's example, whose r is 1.
  return scrypt(passphrase, salt, { N: n, r, p, dkLen: dklen });
}
