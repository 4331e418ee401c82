import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Puts an ONNX graph into what imports it, as the bundler does for the Lambdas. */
const graphs = {
  name: "graphs",
  load: (id: string) =>
    id.endsWith(".onnx") ? `export default Buffer.from("${readFileSync(id, "base64")}", "base64")` : undefined,
};

/**
 * The four kinds of test, one after the other: the quick ones tell first, and servers do not fight for the cores. By default
 * a worker for each core; vitest would leave one core to its own process, which mostly waits.
 */
const project = (
  name: string,
  groupOrder: number,
  testTimeout: number,
  { globalSetup = [], maxWorkers = "100%" }: { globalSetup?: string[]; maxWorkers?: number | string } = {},
) => ({
  plugins: [graphs],
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    sequence: { groupOrder },
    setupFiles: "test/support/temporary/file.ts",
    maxWorkers,
    globalSetup: ["test/support/temporary/run.ts", ...globalSetup],
  },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", 1, 30_000),
      project("infra", 2, 240_000),
      project("integration", 3, 240_000, { maxWorkers: 2, globalSetup: ["test/support/services.ts"] }),
      project("e2e", 4, 900_000, { maxWorkers: 1 }),
    ],
  },
});
