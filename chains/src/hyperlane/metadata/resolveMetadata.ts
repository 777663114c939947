import type { Address } from "viem";
import { securityModuleAbi } from "../hyperlaneAbi.js";
import { aggregated } from "./aggregation.js";
import { lookedUp } from "./ccipRead.js";
import { signedByMerkleRoot } from "./merkleRootMultisig.js";
import { signedByMessageId } from "./messageIdMultisig.js";
import type { Metadata, MetadataContext } from "./metadata.js";
import { moduleRefused } from "./metadataErrors.js";
import { readModule } from "./moduleCall.js";
import { moduleTypes } from "./moduleTypes.js";
import { withoutMetadata } from "./nullModule.js";
import { routed } from "./routing.js";
import { readValidatorSet } from "./validatorSet.js";

/** As the official relayer: modules inside modules, and modules in all, of one message. */
const MAX_DEPTH = 13;
const MAX_MODULES = 100;

/**
 * Makes what the recipient's security module wants to see, whatever tree of modules it is.
 * @throws HeraldError HYPERLANE_ISM_UNSUPPORTED, HYPERLANE_ISM_TOO_DEEP, and what the single modules throw; what the client throws
 */
export async function resolveMetadata(
  context: MetadataContext & { readonly mailbox: Address },
  ism: Address,
): Promise<Metadata> {
  const { client, message } = context;
  let modules = 0;

  async function resolve(module: Address, depth: number): Promise<Metadata> {
    modules++;
    if (depth > MAX_DEPTH || modules > MAX_MODULES) throw tooDeep(ism, module, depth, modules);
    // Asked for at once, looked at only for the right type: most modules are multisigs, and other kinds have no validators to ask for.
    const validatorSet = readValidatorSet(client, module, message.message);
    validatorSet.catch(() => undefined);
    const moduleType = await readModule(module, "moduleType", () =>
      client.readContract({ address: module, abi: securityModuleAbi, functionName: "moduleType" }),
    );
    const below = (next: Address) => resolve(next, depth + 1);
    switch (moduleType) {
      case moduleTypes.routing:
        return await routed(context, module, below);
      case moduleTypes.aggregation:
        return await aggregated(context, module, below);
      case moduleTypes.merkleRootMultisig:
        return await signedByMerkleRoot(context, module, await validatorSet);
      case moduleTypes.messageIdMultisig:
        return await signedByMessageId(context, await validatorSet);
      case moduleTypes.null:
        return await withoutMetadata(context, module);
      case moduleTypes.ccipRead:
        return await lookedUp(context, module);
      default:
        throw moduleRefused(
          "HYPERLANE_ISM_UNSUPPORTED",
          "The recipient's security module is of a type no metadata is made for.",
          module,
          { moduleType, supported: Object.values(moduleTypes) },
          "Set a security module of a supported type.",
        );
    }
  }

  return await resolve(ism, 1);
}

function tooDeep(ism: Address, module: Address, depth: number, modules: number): Error {
  return moduleRefused(
    "HYPERLANE_ISM_TOO_DEEP",
    "The recipient's security module holds too many others, or holds itself.",
    ism,
    { at: module, depth, modules, mostDepth: MAX_DEPTH, mostModules: MAX_MODULES },
    "Set a security module with fewer modules inside each other.",
  );
}
