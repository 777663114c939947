import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { type Address, encodeFunctionData, isAddressEqual } from "viem";
import { inRanges } from "../inRanges.js";
import type { OriginPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import { ownerOf } from "./ownerOf.js";
import { short } from "./shortText.js";
import type { Call, Step } from "./step.js";

/** A token in which a gateway takes fees. */
export interface FeeToken {
  readonly token: Address;
  /** Protocol fee of new requests that are paid in it. */
  readonly fee: bigint;
}

/** The gateway accepts the planned tokens, each with its protocol fee, and no others. */
export function feeTokensStep(site: Site, planned: OriginPlan["feeTokens"]): Step {
  return {
    key: "feeTokens",
    look: async () => {
      const accepted = await acceptedTokens(site);
      const from = await ownerOf(site, "gateway");
      const set = (token: Address, accept: boolean, fee: bigint): Call => ({
        what: `InferenceGateway.setFeeToken(${short(token)}, ${accept}, ${fee})`,
        from,
        to: site.need("gateway"),
        data: encodeFunctionData({
          abi: inferenceGatewayAbi,
          functionName: "setFeeToken",
          args: [token, accept, fee],
        }),
        gas: accept ? 48_000 : 28_000,
      });
      const { missing, extra } = compareTokens(planned, accepted);
      return {
        calls: [
          ...missing.map(({ token, fee }) => set(token, true, BigInt(fee))),
          ...extra.map(({ token }) => set(token, false, 0n)),
        ],
      };
    },
  };
}

/** Planned tokens that are not accepted with their fee, and accepted ones that are not planned. */
export function compareTokens(planned: OriginPlan["feeTokens"], accepted: readonly FeeToken[]) {
  const known = (token: Address) => accepted.find((it) => isAddressEqual(it.token, token));
  return {
    missing: planned.filter(({ token, fee }) => known(token)?.fee !== BigInt(fee)),
    extra: accepted.filter((it) => !planned.some(({ token }) => isAddressEqual(it.token, token))),
  };
}

/** The tokens a gateway takes now, by all it ever did. */
export async function acceptedTokens(site: Site): Promise<FeeToken[]> {
  const address = site.find("gateway");
  if (address === undefined) return [];
  const { reader } = site.chain;
  const gateway = { address, abi: inferenceGatewayAbi } as const;
  const logs = await inRanges(site.chain, site.state.contracts.gateway?.block ?? 0, (range) =>
    reader.getContractEvents({ ...gateway, eventName: "FeeTokenSet", strict: true, ...range }),
  );
  const ever = [...new Set(logs.map(({ args }) => args.token))];
  const now = await Promise.all(
    ever.map(async (token) => {
      const read = { ...gateway, functionName: "feeTokenOf", args: [token] } as const;
      const [accepted, fee] = await reader.readContract(read);
      return { token, accepted, fee };
    }),
  );
  return now.filter(({ accepted }) => accepted);
}
