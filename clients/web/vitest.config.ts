import { defineConfig } from "vitest/config";

// Two workers: a developer's machine has two processors at least.
export default defineConfig({ test: { include: ["tests/**/*.test.ts"], maxWorkers: 2 } });
