import { defineConfig } from "vitest/config";

/** The four kinds of test, one after the other: the quick ones tell first, and servers do not fight for the cores. */
const project = (name: string, groupOrder: number, testTimeout: number, maxWorkers?: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    sequence: { groupOrder },
    ...(maxWorkers && { maxWorkers }),
  },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", 0, 30_000),
      project("infra", 1, 240_000),
      project("integration", 2, 240_000, 1),
      project("e2e", 3, 900_000, 1),
    ],
  },
});
