import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { HeraldError } from "@herald/wire/errors";
import { type Hex, isHex, size, slice } from "viem";
import type { Artifact, RuntimeCode } from "./runtimeCode.js";

/** Where the package keeps the factories of the contracts a deployment needs, below `dist/typechain/factories/contracts`. */
const places = {
  Mailbox: ".",
  MerkleTreeHook: "hooks",
  ProtocolFee: "hooks",
  StaticMessageIdMultisigIsm: "isms/multisig/StaticMultisigIsm.sol",
  StaticMessageIdMultisigIsmFactory: "isms/multisig/StaticMultisigIsm.sol",
  ValidatorAnnounce: "isms/multisig",
} as const;

export type HyperlaneContract = keyof typeof places;

/**
 * A contract as `@hyperlane-xyz/core` publishes it. Only the code is read: loading a factory would load ethers 5 with it (66 MB), and the
 * package's root all 331 factories (159 MB).
 * @throws HeraldError DEPLOY_ARTIFACT_MISSING
 */
export function hyperlaneArtifact(contract: HyperlaneContract): Artifact {
  const creation = creationOf(contract);
  // The factory creates the module behind all its proxies in its constructor, so the module's own creation follows its code.
  const behind =
    contract === "StaticMessageIdMultisigIsmFactory" ? creationOf("StaticMessageIdMultisigIsm") : undefined;
  return { creation, runtime: runtimeIn(creation, behind) };
}

function creationOf(contract: HyperlaneContract): Hex {
  const dist = dirname(createRequire(import.meta.url).resolve("@hyperlane-xyz/core"));
  const file = join(dist, "typechain", "factories", "contracts", places[contract], `${contract}__factory.js`);
  const code = /^const _bytecode = "(0x[0-9a-f]+)";$/m.exec(readFileSync(file, "utf8"))?.[1];
  if (isHex(code)) return code;
  throw new HeraldError({
    code: "DEPLOY_ARTIFACT_MISSING",
    message: "The Hyperlane package holds no creation code where it is expected.",
    facts: { contract, file },
    fix: "Install the version of @hyperlane-xyz/core that the lockfile names.",
    actor: "user",
    retry: "never",
  });
}

/**
 * The package publishes creation code alone. In it the runtime code follows the constructor's `invalid` instruction, begins by setting the
 * free memory pointer, and has a pushed zero word (which no compiler writes otherwise) wherever an immutable will stand.
 */
function runtimeIn(creation: Hex, following: Hex | undefined): RuntimeCode {
  const start = creation.indexOf("fe6080604052", 2) + 2;
  const end = following === undefined ? creation.length : creation.indexOf(following.slice(2), start);
  const code = slice(creation, start / 2 - 1, end / 2 - 1);
  const immutables = [...code.matchAll(/7f0{64}/g)].map(({ index }) => ({ start: index / 2, length: 32 }));
  return { code, immutables: immutables.filter((it) => it.start + it.length <= size(code)) };
}
