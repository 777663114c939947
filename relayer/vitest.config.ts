import { defineConfig } from "vitest/config";

// Forks, not threads: Temporal's native core crashes in worker threads.
export default defineConfig({
  test: { pool: "forks", include: ["test/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 },
});
