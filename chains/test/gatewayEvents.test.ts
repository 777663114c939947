import { inferenceGatewayAbi } from "@herald/wire/abi/InferenceGateway";
import { parseChainId } from "@herald/wire/ids";
import {
  type AbiEvent,
  type AbiParameter,
  type ContractEventName,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  type Log,
} from "viem";
import { expect, test } from "vitest";
import { readGatewayEvents } from "../src/watch/gatewayEvents.js";

const address = (byte: string): Hex => `0x${byte.repeat(20)}`;
const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
const ref = { chainId: parseChainId(31_102), gateway: address("0a") };
const block = { number: 7n, hash: hash("07"), parentHash: hash("06"), timestamp: 1_700_000_000n };
const id = hash("01");

/** The log a gateway would leave, by the contract's own ABI. */
function log(eventName: ContractEventName<typeof inferenceGatewayAbi>, args: Readonly<Record<string, unknown>>): Log {
  // CAST: found by its name among the events.
  const event = inferenceGatewayAbi.find((it) => it.type === "event" && it.name === eventName) as AbiEvent;
  const plain = event.inputs.filter((it) => it.indexed !== true);
  const data = encodeAbiParameters(
    plain as readonly AbiParameter[],
    plain.map((it) => args[it.name ?? ""]),
  );
  const topics = encodeEventTopics({ abi: [event], eventName, args });
  const place = { blockHash: block.hash, blockNumber: block.number, transactionHash: hash("02"), transactionIndex: 0 };
  // CAST: topics of a known event are hashes.
  return { address: ref.gateway, data, topics, ...place, logIndex: 3, removed: false } as unknown as Log;
}

const delivered = {
  status: 1,
  outputHash: hash("0b"),
  evidenceHash: hash("0c"),
  relayer: address("04"),
  payees: [address("05")],
  output: "0x6869",
  isFinal: false,
};

test.each([
  ["RequestToppedUp", { from: address("03"), amount: 5n, topUp: 12n }, { topUp: 12n }],
  ["RequestCancelled", { closeAt: 1_700_003_600 }, { closeAt: 1_700_003_600 }],
  ["ResultDelivered", { ...delivered, level: 1 }, delivered],
  ["ResultFinalized", {}, {}],
  ["ResultOverturned", { refundTo: address("03"), amount: 5n }, {}],
  ["OutputRevealed", { output: "0x6869" }, { output: "0x6869" }],
  ["CallbackFailed", { reason: "0x08c379a0" }, { reason: "0x08c379a0" }],
] as const)("%s is read with what its request's life needs", (type, args, kept) => {
  const [event, ...more] = readGatewayEvents("base", ref, block, [log(type, { id, ...args })]);
  expect(event).toEqual({ type, id, ...kept, block, txHash: hash("02"), logIndex: 3 });
  expect(more).toEqual([]);
});

test("what concerns no request's life is passed over", () => {
  const credited = log("Credited", { token: address("00"), account: address("03"), amount: 1n });
  const disputed = log("ResultDisputed", { id, finalAt: 1_700_000_100 });
  expect(readGatewayEvents("base", ref, block, [credited, { ...disputed, logIndex: 4 }])).toEqual([]);
});

test("a log that cannot be decoded is a lie, not skipped", () => {
  const cut = { ...log("RequestCancelled", { id, closeAt: 1 }), data: "0x" as const };
  expect(() => readGatewayEvents("base", ref, block, [cut])).toThrow(
    expect.objectContaining({ code: "WATCH_EVENT_INVALID" }),
  );
});
