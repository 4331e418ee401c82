import { defineConfig } from "vitest/config";

/** Unit tests need nothing; the others are started by `npm test`, which sets up what they need. */
const project = (name: string, testTimeout: number) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: testTimeout },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", 20_000),
      project("infra", 120_000),
      project("integration", 180_000),
      project("e2e", 900_000),
    ],
  },
});
