import { defineConfig } from "vitest/config";

// One world at a time: two would fight over the two cores and time each other out.
export default defineConfig({
  test: {
    pool: "forks",
    poolOptions: { forks: { singleFork: true } },
    fileParallelism: false,
    include: ["repo/**/*.test.ts", "verdicts/*.test.ts", "bench/**/*.test.ts", "e2e/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
