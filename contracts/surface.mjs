// Records what others build on in snapshots/: the storage and the interface of each deployed contract, and the numbers of all enums.
// `--check` writes nothing and fails if a contract is no longer what is recorded. Enums only ever grow at their end, check or not.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { toEventSelector, toFunctionSelector } from "viem";
import { formatAbiItem } from "viem/utils";
import { artifactOf, build, writeOrCheck } from "./generated.mjs";

const contracts = [
  "InferenceGateway",
  "WorkerSets",
  "AttestedVerifier",
  "ResultHub",
  "WorkerRegistry",
  "InferenceConsumer",
  "InfernetCoordinator",
  "InfernetInbox",
  "InfernetWallet",
  "InfernetWalletFactory",
];

const others = ["constructor", "receive", "fallback"];

build();
const texts = {};
for (const name of contracts) {
  const { abi, storageLayout } = artifactOf(name);
  texts[`snapshots/storage/${name}.json`] = json(storageOf(storageLayout));
  texts[`snapshots/interface/${name}.json`] = json(interfaceOf(abi));
}
const enums = readEnums();
texts["snapshots/enums.json"] = json(enums);
requireGrowth(enums);
writeOrCheck(texts, "node contracts/surface.mjs");

/** Where each variable lies, as slot:byte, and how the structs among them are laid out; without the compiler's running numbers. */
function storageOf({ storage, types }) {
  const layout = (items) =>
    Object.fromEntries(items.map((it) => [`${it.slot}:${it.offset}`, `${types[it.type].label} ${it.label}`]));
  const structs = Object.values(types ?? {}).filter(({ members }) => members !== undefined);
  return { variables: layout(storage), ...sorted(structs.map(({ label, members }) => [label, layout(members)])) };
}

/** Functions, events and errors by selector or topic. */
function interfaceOf(abi) {
  const of = (type, keyOf, textOf) => sorted(abi.filter((it) => it.type === type).map((it) => [keyOf(it), textOf(it)]));
  return {
    functions: of(
      "function",
      toFunctionSelector,
      (it) => `${formatAbiItem(it)} ${it.stateMutability} ${returnsOf(it)}`,
    ),
    events: of("event", toEventSelector, eventText),
    errors: of(
      "error",
      (it) => toFunctionSelector({ ...it, type: "function" }),
      (it) => formatAbiItem(it),
    ),
    others: sorted(abi.filter((it) => others.includes(it.type)).map((it) => [it.type, otherText(it)])),
  };
}

function returnsOf({ name, outputs }) {
  // As a function that takes what this one returns, because only whole items can be formatted.
  return `returns ${formatAbiItem({ type: "function", name, inputs: outputs }).slice(name.length)}`;
}

/** With what is indexed, which the topic does not tell. */
function eventText(event) {
  const indexed = event.inputs.filter((it) => it.indexed).map(({ name }) => name);
  return `${formatAbiItem(event)} indexed (${indexed.join(",")})`;
}

function otherText({ type, inputs, stateMutability }) {
  const text = formatAbiItem({ type: "function", name: type, inputs: inputs ?? [] });
  return `${text} ${stateMutability}`;
}

/** The numbers of every enum in src, by name. */
function readEnums() {
  const folder = new URL("./src/", import.meta.url);
  const found = [];
  for (const path of readdirSync(folder, { recursive: true })) {
    if (!path.endsWith(".sol")) continue;
    const source = readFileSync(new URL(path, folder), "utf8").replaceAll(/\/\/.*$|\/\*[\s\S]*?\*\//gm, "");
    for (const [, name, body] of source.matchAll(/\benum\s+(\w+)\s*{([^}]*)}/g)) {
      const values = body.split(",").map((it) => it.trim());
      found.push([name, Object.fromEntries(values.map((value, number) => [value, number]))]);
    }
  }
  return sorted(found);
}

function requireGrowth(now) {
  const file = new URL("./snapshots/enums.json", import.meta.url);
  const recorded = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  for (const [name, values] of Object.entries(recorded)) {
    for (const [value, number] of Object.entries(values)) {
      if (now[name]?.[value] === number) continue;
      process.stderr.write(`${name}.${value} was ${number} and has to stay so: enums only grow at their end.\n`);
      process.exit(1);
    }
  }
}

function sorted(entries) {
  const names = entries.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${twice} stands twice`);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}
