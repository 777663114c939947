// `npm run bench -- roundtrip`: benchmarks, apart from the tests because they measure and do not judge.
import { parseArgs } from "node:util";
import { ensureToolchain } from "../setup/toolchain.mjs";

const usage = `Usage: npm run bench -- roundtrip [--requests N] [--concurrency N] [--json]

  roundtrip      requests to the classifier, from all three origins in turn, each from its block to its callback
  --requests     how many; 60 unless told otherwise
  --concurrency  how many at a time; 12 unless told otherwise
  --json         print the result as the last line of standard output`;

let parsed;
try {
  parsed = parseArgs({
    allowPositionals: true,
    options: {
      requests: { type: "string", default: "60" },
      concurrency: { type: "string", default: "12" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
} catch (error) {
  console.error(`${error.message}\n\n${usage}`);
  process.exit(64);
}
const { values, positionals } = parsed;
const requests = Number(values.requests);
const concurrency = Number(values.concurrency);
const problems = [
  ...(positionals.length === 1 && positionals[0] === "roundtrip"
    ? []
    : [`expected the benchmark's name, roundtrip; received ${positionals.join(" ") || "nothing"}`]),
  ...(isCount(requests) ? [] : [`--requests: expected a positive integer; received ${values.requests}`]),
  ...(isCount(concurrency) ? [] : [`--concurrency: expected a positive integer; received ${values.concurrency}`]),
];
if (values.help || problems.length > 0) {
  console.error(values.help ? usage : `${problems.join("\n")}\n\n${usage}`);
  process.exit(values.help ? 0 : 64);
}

const environment = await ensureToolchain({ quiet: true });
const { runRoundtrip } = await import("../dist/bench/roundtrip.js");
process.exitCode = await runRoundtrip({ environment, requests, concurrency, json: values.json });

function isCount(value) {
  return Number.isInteger(value) && value > 0;
}
