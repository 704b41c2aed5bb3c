import { defineConfig } from "vitest/config";

// Two workers, for a developer's machine has two processors at least. A busy one takes longer than vitest's 5 s.
export default defineConfig({
  test: { include: ["tests/**/*.test.ts"], globalSetup: ["tests/keys.ts"], maxWorkers: 2, testTimeout: 30_000 },
});
