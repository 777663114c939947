import { zeroAddress } from "viem";
import { openzeppelinArtifact } from "../artifacts/openzeppelinArtifact.js";
import type { Site } from "../state/site.js";
import { createStep } from "./createStep.js";
import type { Step } from "./step.js";

/** Creates the timelock of a plan that asks for one. It has no admin but itself: its roles, too, change only after its delay. */
export function timelockSteps(site: Site): Step[] {
  const { timelock } = site.plan;
  if (timelock === undefined) return [];
  const { delay, proposers, executors } = timelock;
  return [
    createStep(site, {
      key: "timelock",
      contract: "TimelockController",
      bytecode: openzeppelinArtifact("TimelockController").creation,
      args: [
        { type: "uint256", value: () => BigInt(delay), text: `${delay} s` },
        { type: "address[]", value: () => proposers, text: `${proposers.length} proposers` },
        { type: "address[]", value: () => executors, text: `${executors.length} executors` },
        { type: "address", value: () => zeroAddress, text: "no admin" },
      ],
    }),
  ];
}
