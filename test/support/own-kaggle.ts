import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { startTestKaggle, type TestKaggle } from "./kaggle.ts";
import { type KaggleSteps, kaggleSteps } from "./kaggle-steps.ts";
import { smallNotebook } from "./small-notebook.ts";

// A local Kaggle of the test file's own, for whichever file imports this, and steps of each test's own.

export let kaggle: TestKaggle;
export let steps: KaggleSteps;
beforeAll(async () => {
  kaggle = await startTestKaggle();
});
beforeEach(async () => {
  steps = await kaggleSteps(kaggle.url);
});
afterEach(() => kaggle.reset());
afterAll(() => kaggle.stop());

export const notebook = smallNotebook();

/** Pushes the kernel of this test's own dataset. */
export async function push(execution?: string) {
  return steps.push(await steps.uploadToEnd(), notebook, execution ? { execution } : {});
}
