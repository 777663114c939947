// Plays many more scenarios against the sender than `npm test` does: node hunt.mjs --runs N --seed S
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "3000" }, seed: { type: "string", default: String(Date.now() % 1e9) } },
});
console.log(`seed ${values.seed}`);
const vitest = spawn("npx", ["vitest", "run", "test/transactionSender.model.test.ts"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  env: { ...process.env, HUNT_RUNS: values.runs, HUNT_SEED: values.seed },
  stdio: "inherit",
});
vitest.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
