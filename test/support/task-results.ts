import { validateInput } from "../../core/contracts/execution.ts";
import type { CheckedKernel } from "../../core/contracts/kaggle.ts";
import { answers, type Mock, type Mocks } from "./state-machine.ts";

/** What the tasks of the pipeline answer where all goes well. */
const version = "0123456789abcdef";
const items = [
  { version, first: 0, last: 1 },
  { version, first: 2, last: 2 },
];
const since = "2026-01-01T00:00:00.000Z";
export const dataset = { version, rows: 3, photographs: 3, labelled: 2, dropped: {} };
export const plan = { version, done: false, items };
export const training = { runId: "run-1", modelVersion: "4", metrics: { val_mse: 1 }, reused: false };
export const evaluation = {
  promoted: true,
  reason: "Version 4 is promoted: it is better.",
  metric: "mse",
  challenger: { version: "4", runId: "run-1", metrics: { mse: 1 } },
};
export const notPromoted = { ...evaluation, promoted: false, reason: "Version 4 is not promoted: it is worse." };
export const deployment = { version: "4", runId: "run-1", sha256: "abc", serving: "The API serves version 4." };
export const uploading = { ready: false, since, uploaded: true, waitSeconds: 60 };
export const kernel = {
  outcome: "pushed",
  owner: "jane",
  slug: "avocado-train-1",
  runId: "run-1",
  headRunId: "run-0",
  since,
};

/** What a look at a kernel says. */
export const checked = (outcome: CheckedKernel["outcome"], status: string, rest: Partial<CheckedKernel> = {}): Mock =>
  answers({ outcome, status, queueSeconds: 1, runSeconds: 0, waitSeconds: 60, ...rest });

/** A run on new data, trained by a task of our own, whose challenger is better. */
export const trainedByTask: Mocks = {
  "Validate input": answers(validateInput({})),
  "Acquire lock": answers({ acquired: true }),
  "Start registry": answers({ started: true, seconds: 70 }),
  "Find dataset": answers(dataset),
  "Fetch data": answers({ version, prefix: "fetched/x/", rows: 3, photographs: 3, problems: {}, problemsKey: "x" }),
  "Plan dataset": answers(plan),
  "Preprocess shard": answers({ first: 0, photographs: 3, dropped: 0 }),
  "Assemble dataset": answers(dataset),
  Train: { Return: training },
  "Evaluate model": answers(evaluation),
  "Deploy model": answers(deployment),
  "Release lock": answers({ released: true }),
  "Release lock after failure": answers({ released: true }),
  "Record failure": answers({ error: "Recorded", reason: "The reason in words." }),
};

/** A run on the newest dataset, trained on Kaggle, whose challenger is no better. */
export const trainedOnKaggle: Mocks = {
  ...trainedByTask,
  "Validate input": answers(validateInput({ strategy: "kaggle", newData: false })),
  "Upload dataset": answers({ ...uploading, ready: true, source: "jane/avocado-ripening/2" }),
  "Push kernel": answers(kernel),
  "Check kernel": checked("complete", "COMPLETE"),
  "Collect training": answers(training),
  "Evaluate model": answers(notPromoted),
};

/** A run on the newest dataset, trained on a GPU of SageMaker. */
export const trainedOnSageMaker: Mocks = {
  ...trainedByTask,
  "Validate input": answers(validateInput({ strategy: "sagemaker", newData: false })),
  "Train on GPU": { Return: { runId: "run-1", headRunId: "run-0" } },
  "Collect training": answers(training),
};
