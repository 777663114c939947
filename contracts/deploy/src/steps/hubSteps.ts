import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { type Address, encodeFunctionData } from "viem";
import { heraldArtifact } from "../artifacts/heraldArtifact.js";
import { inRanges } from "../inRanges.js";
import type { Site } from "../state/site.js";
import { createStep } from "./createStep.js";
import { ownerOf } from "./ownerOf.js";
import { short } from "./shortText.js";
import type { Call, Step } from "./step.js";

/** Creates the `ResultHub`, the deployer's until it is handed over. */
export function resultHubStep(site: Site): Step {
  return createStep(site, {
    key: "resultHub",
    contract: "ResultHub",
    bytecode: heraldArtifact("ResultHub").creation,
    args: [
      { type: "address", value: () => site.need("mailbox"), text: "mailbox" },
      { type: "address", value: () => site.deployer, text: "deployer" },
    ],
  });
}

/** Enrols the planned publishers, and revokes all others. */
export function publishersStep(site: Site, planned: readonly Address[]): Step {
  return {
    key: "publishers",
    look: async () => {
      const enrolled = await enrolledPublishers(site);
      const from = await ownerOf(site, "resultHub");
      const set = (publisher: Address, enrol: boolean): Call => ({
        what: `ResultHub.setPublisher(${short(publisher)}, ${enrol})`,
        from,
        to: site.need("resultHub"),
        data: encodeFunctionData({ abi: resultHubAbi, functionName: "setPublisher", args: [publisher, enrol] }),
        gas: enrol ? 47_000 : 27_000,
      });
      return {
        calls: [
          ...planned.filter((it) => !enrolled.includes(it)).map((it) => set(it, true)),
          ...enrolled.filter((it) => !planned.includes(it)).map((it) => set(it, false)),
        ],
      };
    },
  };
}

/** Who may publish now, by everyone who was ever enrolled. */
export async function enrolledPublishers(site: Site): Promise<Address[]> {
  const address = site.find("resultHub");
  if (address === undefined) return [];
  const { reader } = site.chain;
  const hub = { address, abi: resultHubAbi } as const;
  const logs = await inRanges(site.chain, site.state.contracts.resultHub?.block ?? 0, (range) =>
    reader.getContractEvents({ ...hub, eventName: "PublisherSet", strict: true, ...range }),
  );
  const ever = [...new Set(logs.map(({ args }) => args.publisher))];
  const now = await Promise.all(
    ever.map((it) => reader.readContract({ ...hub, functionName: "isPublisher", args: [it] })),
  );
  return ever.filter((_, i) => now[i]);
}
