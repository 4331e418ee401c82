import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { validateInput } from "../../../core/contracts/execution.ts";
import { definition, failuresOf, type Machine, pathsOf } from "../../support/definition.ts";
import { startTestMinistack, type TestService } from "../../support/ministack.ts";
import { answers, MockedMachine, type Mocks, type Run, throws } from "../../support/state-machine.ts";
import {
  checked,
  kernel,
  notPromoted,
  plan,
  trainedByTask,
  trainedOnKaggle,
  trainedOnSageMaker,
  training,
  uploading,
} from "../../support/task-results.ts";

const noData = { outcome: "NoData", reason: "There is none." };
/** Runs that together take every way that no failing task opens. */
const retrainings: Mocks[] = [
  trainedByTask,
  { ...trainedByTask, "Validate input": answers(validateInput({ newData: false })) },
  { ...trainedByTask, "Fetch data": answers(noData) },
  { ...trainedByTask, "Validate input": answers(validateInput({ newData: false })), "Find dataset": answers(noData) },
  { ...trainedByTask, "Validate input": answers(validateInput({ dryRun: true })) },
  { ...trainedByTask, "Acquire lock": answers({ acquired: false, holder: "arn:other", reason: "Another one runs." }) },
  { ...trainedByTask, "Plan dataset": answers({ ...plan, done: true, items: [] }) },
  { ...trainedByTask, "Preprocess shard": throws("InvalidDataset") },
  // A shard's answer that cannot be read fails the map itself.
  { ...trainedByTask, "Preprocess shard": { Return: {} } },
  { ...trainedByTask, "Evaluate model": answers(notPromoted) },
  {
    ...trainedOnKaggle,
    "Upload dataset": [answers(uploading), answers({ ...uploading, ready: true, source: "jane/avocado-ripening/2" })],
    "Push kernel": [answers({ ...kernel, outcome: "waiting", waitSeconds: 1 }), answers(kernel)],
    "Check kernel": [checked("running", "RUNNING"), checked("complete", "COMPLETE")],
  },
  { ...trainedOnKaggle, "Push kernel": answers({ ...kernel, outcome: "trained", training }) },
  { ...trainedOnKaggle, "Check kernel": checked("failed", "ERROR", { Error: "KernelFailed", Cause: "why" }) },
  trainedOnSageMaker,
  { ...trainedOnSageMaker, "Train on GPU": { Return: training } },
];
const shards: Mocks[] = [{ "Preprocess shard": answers({ first: 0, photographs: 3, dropped: 0 }) }];

/** What the map does with each shard, as a machine of its own: the emulator keeps no history of it inside the map. */
const shard: Machine = {
  QueryLanguage: "JSONata",
  ...(definition.States["Preprocess shards"]?.ItemProcessor as Machine),
};

let ministack: TestService;
beforeAll(async () => {
  ministack = await startTestMinistack();
});
afterAll(() => ministack?.stop());

/** One more run for each way in which each task can fail: the first of the runs that comes to the task, changed there. */
function withFailures({ States }: Machine, mocks: readonly Mocks[], runs: readonly Run[]): Mocks[] {
  return Object.entries(States).flatMap(([task, state]) => {
    const i = runs.findIndex(({ states }) => states.includes(task));
    if (state.Type !== "Task" || i < 0) return [];
    return failuresOf(state).map(([error]) => ({ ...mocks[i], [task]: throws(error) }));
  });
}

describe.each([
  ["retraining", definition, retrainings],
  ["shard", shard, shards],
])("%s", (name, machine, mocks) => {
  it("has a run here for each Next, each rule and default of a Choice, and each Retry, Catch and time-out by error", async () => {
    const mocked = new MockedMachine(machine, name);
    await mocked.create(ministack.url);
    const runs = await mocked.runAll(mocks);
    const failed = await mocked.runAll(withFailures(machine, mocks, runs));
    const taken = new Set([...runs, ...failed].flatMap(({ paths }) => paths));
    expect(pathsOf(machine).filter((path) => !taken.has(path))).toEqual([]);
  });
});

it("can tell the ways through a Choice apart: no two lead to the same state", () => {
  for (const [name, { Choices = [], Default }] of Object.entries(definition.States)) {
    const targets = [...Choices.map(({ Next }) => Next), Default];
    expect(new Set(targets).size, name).toBe(targets.length);
  }
});
