import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { HeraldError } from "@herald/wire/errors";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import type { Artifact } from "./runtimeCode.js";

const code = z.custom<Hex>((value) => isHex(value) && value !== "0x");
const place = z.object({ start: z.int(), length: z.int() });
const artifactSchema = z.object({
  bytecode: z.object({ object: code }),
  deployedBytecode: z.object({ object: code, immutableReferences: z.record(z.string(), z.array(place)).default({}) }),
});

/**
 * One of our contracts, as `forge build` left it in `contracts/out`.
 * @throws HeraldError DEPLOY_ARTIFACT_MISSING
 */
export function heraldArtifact(contract: string): Artifact {
  const file = fileURLToPath(new URL(`../../../out/${contract}.sol/${contract}.json`, import.meta.url));
  try {
    const { bytecode, deployedBytecode } = artifactSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    const immutables = Object.values(deployedBytecode.immutableReferences).flat();
    return { creation: bytecode.object, runtime: { code: deployedBytecode.object, immutables } };
  } catch (cause) {
    throw new HeraldError({
      code: "DEPLOY_ARTIFACT_MISSING",
      message: "A contract is not compiled, or the compiler left no creation code for it.",
      facts: { contract, file },
      fix: "Run `npx forge build` in contracts.",
      actor: "user",
      retry: "never",
      cause,
    });
  }
}
