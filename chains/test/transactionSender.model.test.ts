import fc from "fast-check";
import { expect, it } from "vitest";
import { found } from "./sendModel/found.js";
import { runScenario } from "./sendModel/runScenario.js";
import { scenarios } from "./sendModel/scenario.js";

// `npm run hunt -w @herald/chains -- --runs N --seed S` asks for more, and for others.
const runs = Number(process.env.HUNT_RUNS ?? 200);
const seed = Number(process.env.HUNT_SEED ?? 1);

it.each(found.map((it, i) => [i, it] as const))("holds where it once did not: scenario %i", async (_, scenario) => {
  await runScenario(scenario);
});

it(`each id has one effect, whatever happens: ${runs} runs from seed ${seed}`, { timeout: 3_600_000 }, async () => {
  let deaths = 0;
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    deaths += (await runScenario(scenario)).deaths;
  });
  await fc.assert(property, { numRuns: runs, seed });
  // A model that never dies proves nothing.
  expect(deaths).toBeGreaterThan(runs / 10);
});
