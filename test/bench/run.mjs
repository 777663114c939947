// `npm run bench -- <benchmark>`: benchmarks, apart from the tests because they measure and do not judge.
import { parseArgs } from "node:util";
import { ensureToolchain } from "../setup/toolchain.mjs";

const usage = `Usage: npm run bench -- roundtrip [--requests N] [--concurrency N] [--json]
       npm run bench -- messages [--json]
       npm run bench -- watcher [--requests N] [--blocks N] [--json]

  roundtrip      requests to the classifier, from all three origins in turn, each from its block to its callback
  --requests     how many; 60 unless told otherwise
  --concurrency  how many at a time; 12 unless told otherwise

  messages       Hyperlane messages from one chain to another: one at a time, bursts, and bursts of which one cannot be delivered

  watcher        requests one at a time, each from its block to the start of its workflow; then a chain's past, read by a new relayer
  --requests     how many; 30 unless told otherwise
  --blocks       how long that past is; 5000 unless told otherwise, which takes a node a minute or two to make

  --json         print the result as the last line of standard output`;

/** By name: the counts each takes, with their defaults, and what runs it. */
const benchmarks = {
  roundtrip: {
    counts: { requests: 60, concurrency: 12 },
    run: async (options) => (await import("../dist/bench/roundtrip.js")).runRoundtrip(options),
  },
  messages: {
    counts: {},
    run: async (options) => (await import("../dist/bench/messages.js")).runMessages(options),
  },
  watcher: {
    counts: { requests: 30, blocks: 5_000 },
    run: async (options) => (await import("../dist/bench/watcher.js")).runWatcher(options),
  },
};

const [name, ...args] = process.argv.slice(2);
if (name === "--help") {
  console.error(usage);
  process.exit(0);
}
if (!Object.hasOwn(benchmarks, name ?? "")) {
  refuse(`expected the benchmark's name, ${Object.keys(benchmarks).join(" or ")}; received ${name ?? "nothing"}`);
}
const { counts, run } = benchmarks[name];
const { values } = parsed(args, counts);
if (values.help) {
  console.error(usage);
  process.exit(0);
}
const chosen = Object.entries(counts).map(([option, usual]) => [option, Number(values[option] ?? usual)]);
const problems = chosen
  .filter(([, count]) => !(Number.isInteger(count) && count > 0))
  .map(([option]) => `--${option}: expected a positive integer; received ${values[option]}`);
if (problems.length > 0) refuse(problems.join("\n"));

const environment = await ensureToolchain({ quiet: true });
process.exitCode = await run({ environment, ...Object.fromEntries(chosen), json: values.json });

function parsed(args, counts) {
  const options = Object.fromEntries(Object.keys(counts).map((option) => [option, { type: "string" }]));
  const flags = { json: { type: "boolean", default: false }, help: { type: "boolean", default: false } };
  try {
    return parseArgs({ args, options: { ...options, ...flags } });
  } catch (error) {
    return refuse(error.message);
  }
}

/** EX_USAGE of sysexits.h. */
function refuse(problem) {
  console.error(`${problem}\n\n${usage}`);
  process.exit(64);
}
