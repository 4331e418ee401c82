import { defineConfig } from "vitest/config";
import stryker from "./stryker.config.json" with { type: "json" };

/** What a file does is shown by its own unit tests. */
export default defineConfig({
  test: { include: stryker.mutate.map((file) => `test/unit/${file.replace(/[.]ts$/, ".test.ts")}`) },
});
