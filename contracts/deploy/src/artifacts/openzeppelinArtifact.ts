import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { HeraldError } from "@herald/wire/errors";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import type { Artifact } from "./runtimeCode.js";

const code = z.custom<Hex>((value) => isHex(value) && value !== "0x");
const artifactSchema = z.object({ bytecode: code, deployedBytecode: code });

/**
 * A contract as `@openzeppelin/contracts` publishes it, compiled: explorers know it by its code. Only for contracts without immutables.
 * @throws HeraldError DEPLOY_ARTIFACT_MISSING
 */
export function openzeppelinArtifact(contract: "TimelockController"): Artifact {
  const name = `@openzeppelin/contracts/build/contracts/${contract}.json`;
  try {
    const file = createRequire(import.meta.url).resolve(name);
    const { bytecode, deployedBytecode } = artifactSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return { creation: bytecode, runtime: { code: deployedBytecode, immutables: [] } };
  } catch (cause) {
    throw new HeraldError({
      code: "DEPLOY_ARTIFACT_MISSING",
      message: "The OpenZeppelin package holds no compiled contract where it is expected.",
      facts: { contract, file: name },
      fix: "Install the version of @openzeppelin/contracts that the lockfile names.",
      actor: "user",
      retry: "never",
      cause,
    });
  }
}
