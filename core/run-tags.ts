import type { Strategy } from "./contracts/execution.ts";
import type { MlflowClient } from "./mlflow/client.ts";
import { equals } from "./mlflow/filter.ts";
import type { Run } from "./mlflow/runs.ts";

/** Tags with which the pipeline finds its runs again and tells people what became of them. */
export const runTags = {
  /** ARN of the execution that the run belongs to, the latest where several worked on it. */
  execution: "pipeline.execution",
  /** What makes two trainings the same one. */
  trainingKey: "pipeline.training_key",
  /** `concluded` once an execution has come to its end with this run; then the same input trains anew. */
  outcome: "pipeline.outcome",
  strategy: "pipeline.strategy",
  datasetVersion: "dataset.version",
  network: "network",
  backbone: "backbone",
  /** Of a phase's run, which phase; of a training's, whose weights it gave. */
  phase: "training.phase",
  /** `true` on the phase's run whose weights became the model version. */
  chosen: "training.chosen",
  /** Why the files that a notebook left cannot be used: then it is run again. */
  rejected: "training.rejected",
  failureError: "failure.error",
  failureReason: "failure.reason",
  promoted: "evaluation.promoted",
  promotionReason: "evaluation.reason",
  promotionMetric: "evaluation.metric",
  /** The model version that was champion when this run's was judged. */
  championBefore: "evaluation.champion",
} as const;

/** The same for runs that Kaggle trains. */
export const kernelTags = {
  /** `head` or `finetune`. */
  phase: "kaggle.phase",
  /** `owner/slug`. */
  kernel: "kaggle.kernel",
  /** Where people see it. */
  url: "kaggle.url",
  /** Why what the kernel left cannot be used: then it is run again. */
  rejected: "kaggle.rejected",
} as const;

/** Tags of runs whose notebook runs on Kaggle or elsewhere. */
export function notebookTags(strategy: Strategy): { phase: string; rejected: string } {
  return strategy === "kaggle" ? kernelTags : runTags;
}

/** Runs that an execution worked on, in any experiment. */
export async function runsOfExecution(mlflow: MlflowClient, executionArn: string): Promise<Run[]> {
  return mlflow.runs.search(await mlflow.experiments.listIds(), equals(`tags.\`${runTags.execution}\``, executionArn));
}

/** Marks the runs of an execution that has come to its end, so that the same input trains anew next time. */
export async function concludeRuns(mlflow: MlflowClient, executionArn: string): Promise<void> {
  for (const { runId } of await runsOfExecution(mlflow, executionArn)) {
    await mlflow.runs.setTag(runId, runTags.outcome, "concluded");
  }
}

/** The name of an execution, from its ARN. */
export function executionName(executionArn: string): string {
  return executionArn.split(":").at(-1) ?? executionArn;
}
