import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { resultHubAbi } from "@herald/wire/abi/ResultHub";
import { encodeFunctionData, type Hex, pad, zeroHash } from "viem";
import { inRanges } from "../inRanges.js";
import type { Site } from "../state/site.js";
import { ownerOf } from "./ownerOf.js";
import { short } from "./shortText.js";
import type { Call, Step } from "./step.js";

/** A hub as a gateway knows it. */
export interface EnrolledHub {
  readonly domain: number;
  readonly hub: Hex;
}

/** A gateway as the hub knows it. */
export interface Lane {
  readonly gateway: Hex;
  /** Most gas one of its messages may promise. */
  readonly maxGas: number;
}

/** A lane as it is planned. */
export interface PlannedLane {
  readonly site: Site;
  readonly maxGas: number;
}

/** The hub learns every gateway and what its messages may promise, and forgets those that are not planned. */
export function gatewaysStep(hub: Site, lanes: readonly PlannedLane[]): Step {
  return {
    key: "gateways",
    look: async () => {
      const enrolled = await enrolledGateways(hub);
      const from = await ownerOf(hub, "resultHub");
      const set = (domain: number, { gateway, maxGas }: Lane, name: string): Call => ({
        what: `ResultHub.setGateway(${name})`,
        from,
        to: hub.need("resultHub"),
        data: encodeFunctionData({ abi: resultHubAbi, functionName: "setGateway", args: [domain, gateway, maxGas] }),
        gas: 70_000,
      });
      const domains = lanes.map(({ site }) => Number(site.chain.domain));
      const isSet = ({ site, maxGas }: PlannedLane) => {
        const now = enrolled.get(site.chain.domain);
        const { gateway } = now ?? {};
        return (
          site.find("gateway") !== undefined && gateway === bytes32(site.need("gateway")) && now?.maxGas === maxGas
        );
      };
      return {
        calls: [
          ...lanes
            .filter((it) => !isSet(it))
            .map(({ site, maxGas }) => {
              const lane = { gateway: bytes32(site.need("gateway")), maxGas };
              return set(site.chain.domain, lane, `${site.chain.name}, gateway, ${maxGas} gas`);
            }),
          ...[...enrolled.keys()]
            .filter((domain) => !domains.includes(domain))
            .map((domain) => set(domain, { gateway: zeroHash, maxGas: 0 }, `domain ${domain}, none`)),
        ],
      };
    },
  };
}

/** A gateway learns the hub, and forgets those that are not planned. */
export function hubsStep(origin: Site, hub: Site): Step {
  return {
    key: "hubs",
    look: async () => {
      const enrolled = await enrolledHubs(origin);
      const planned = { domain: Number(hub.chain.domain), hub: bytes32(hub.need("resultHub")) };
      const isPlanned = (it: EnrolledHub) => it.domain === planned.domain && it.hub === planned.hub;
      const from = await ownerOf(origin, "gateway");
      const set = (it: EnrolledHub, enrol: boolean, name: string): Call => ({
        what: `InferenceGateway.setHub(${name}, ${enrol})`,
        from,
        to: origin.need("gateway"),
        data: encodeFunctionData({
          abi: inferenceGatewayAbi,
          functionName: "setHub",
          args: [it.domain, it.hub, enrol],
        }),
        gas: enrol ? 48_000 : 28_000,
      });
      return {
        calls: [
          ...(enrolled.some(isPlanned) ? [] : [set(planned, true, `${hub.chain.name}, resultHub`)]),
          ...enrolled
            .filter((it) => !isPlanned(it))
            .map((it) => set(it, false, `domain ${it.domain}, ${short(it.hub)}`)),
        ],
      };
    },
  };
}

/** Where the hub's results go now, by domain. */
export async function enrolledGateways(hub: Site): Promise<Map<number, Lane>> {
  const address = hub.find("resultHub");
  if (address === undefined) return new Map();
  const { reader } = hub.chain;
  const contract = { address, abi: resultHubAbi } as const;
  const logs = await inRanges(hub.chain, hub.state.contracts.resultHub?.block ?? 0, (range) =>
    reader.getContractEvents({ ...contract, eventName: "GatewaySet", strict: true, ...range }),
  );
  const domains = [...new Set(logs.map(({ args }) => args.domain))];
  const lanes = await Promise.all(
    domains.map(async (it): Promise<[number, Lane]> => {
      const [gateway, maxGas] = await Promise.all([
        reader.readContract({ ...contract, functionName: "gatewayOf", args: [it] }),
        reader.readContract({ ...contract, functionName: "maxGasOf", args: [it] }),
      ]);
      return [it, { gateway, maxGas }];
    }),
  );
  return new Map(lanes.filter(([, { gateway }]) => gateway !== zeroHash));
}

/** Whom a gateway listens to now, by everyone it ever did. */
export async function enrolledHubs(origin: Site): Promise<EnrolledHub[]> {
  const address = origin.find("gateway");
  if (address === undefined) return [];
  const { reader } = origin.chain;
  const contract = { address, abi: inferenceGatewayAbi } as const;
  const logs = await inRanges(origin.chain, origin.state.contracts.gateway?.block ?? 0, (range) =>
    reader.getContractEvents({ ...contract, eventName: "HubSet", strict: true, ...range }),
  );
  const ever = new Map(logs.map(({ args: { domain, hub } }) => [`${domain}/${hub}`, { domain, hub }]));
  const hubs = [...ever.values()];
  const now = await Promise.all(
    hubs.map(({ domain, hub }) => reader.readContract({ ...contract, functionName: "isHub", args: [domain, hub] })),
  );
  return hubs.filter((_, i) => now[i]);
}

/** An address as Hyperlane writes it, in the small letters that nodes answer with. */
export function bytes32(address: Hex): Hex {
  // CAST: lower case keeps the form.
  return pad(address).toLowerCase() as Hex;
}
