import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { encodeFunctionData } from "viem";
import { heraldArtifact } from "../artifacts/heraldArtifact.js";
import type { OriginPlan } from "../plan/deployPlan.js";
import type { Site } from "../state/site.js";
import { createStep } from "./createStep.js";
import { infernetStep } from "./infernetSteps.js";
import { ownerOf } from "./ownerOf.js";
import { account } from "./shortText.js";
import type { Call, Step } from "./step.js";

/** The contracts of a chain that asks: the gateway with its module for good, the worker sets, the verifier of attested answers, what is asked for beside them. */
export function originSteps(site: Site, plan: OriginPlan): Step[] {
  const at = (contract: string) => ({ type: "address", value: () => site.need(contract), text: contract }) as const;
  const create = (key: string, contract: string, args: Parameters<typeof createStep>[1]["args"]) =>
    createStep(site, { key, contract, bytecode: heraldArtifact(contract).creation, args });
  const { feeRecipient } = plan;
  return [
    create("gateway", "InferenceGateway", [
      at("mailbox"),
      at("ism"),
      { type: "address", value: () => site.deployer, text: "deployer" },
      { type: "address", value: () => feeRecipient, text: `fees to ${account(site, feeRecipient)}` },
    ]),
    create("workerSets", "WorkerSets", []),
    create("attestedVerifier", "AttestedVerifier", [at("workerSets")]),
    ...(plan.infernet === undefined ? [] : [infernetStep(site)]),
    ...plan.dapps.map((contract) => create(`dapp:${contract}`, contract, [at("gateway")])),
  ];
}

/** The fee of new requests, and who is credited it. */
export function protocolFeeStep(site: Site, plan: OriginPlan): Step {
  const abi = inferenceGatewayAbi;
  return {
    key: "protocolFee",
    look: async () => {
      const address = site.find("gateway");
      const { reader } = site.chain;
      const fee = address === undefined ? 0n : await reader.readContract({ address, abi, functionName: "protocolFee" });
      const recipient =
        address === undefined
          ? plan.feeRecipient
          : await reader.readContract({ address, abi, functionName: "protocolFeeRecipient" });
      const set = { from: await ownerOf(site, "gateway"), to: site.need("gateway"), gas: 34_000 };
      const wanted = BigInt(plan.protocolFee);
      const calls: Call[] = [];
      if (fee !== wanted) {
        const data = encodeFunctionData({ abi, functionName: "setProtocolFee", args: [wanted] });
        calls.push({ ...set, what: `InferenceGateway.setProtocolFee(${wanted} wei)`, data });
      }
      if (recipient !== plan.feeRecipient) {
        const args = [plan.feeRecipient] as const;
        const data = encodeFunctionData({ abi, functionName: "setProtocolFeeRecipient", args });
        calls.push({ ...set, what: `InferenceGateway.setProtocolFeeRecipient(${account(site, args[0])})`, data });
      }
      return { calls };
    },
  };
}
