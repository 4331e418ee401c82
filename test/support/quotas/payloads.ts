import type { z } from "zod";
import * as execution from "../../../core/contracts/execution.ts";
import * as kaggle from "../../../core/contracts/kaggle.ts";
import * as pipeline from "../../../core/contracts/pipeline.ts";
import type { Machine } from "../definition.ts";
import { largest } from "./sizes.ts";

/**
 * The contracts of what each Lambda is given and what it answers. The input of an execution, which the first and the last
 * are given, is as long as the person who starts it makes it.
 */
export const contracts: Record<string, { given?: z.ZodType; answer?: z.ZodType }> = {
  "Validate input": { answer: execution.validatedInput },
  "Acquire lock": { given: pipeline.lockTask, answer: pipeline.lockAnswer },
  "Start registry": { given: pipeline.startRegistryTask },
  "Find dataset": { answer: pipeline.datasetRef.or(pipeline.noData) },
  "Fetch data": { given: pipeline.fetchDataTask, answer: pipeline.fetchedData.or(pipeline.noData) },
  "Plan dataset": { given: pipeline.planDatasetTask, answer: pipeline.datasetPlan },
  "Preprocess shard": { given: pipeline.shardItem, answer: pipeline.shardResult },
  "Assemble dataset": { given: pipeline.assembleDatasetTask, answer: pipeline.datasetRef },
  "Upload dataset": { given: kaggle.uploadDatasetTask, answer: kaggle.uploadedDataset },
  "Push kernel": { given: kaggle.pushKernelTask, answer: kaggle.pushedKernel },
  "Check kernel": { given: kaggle.checkKernelTask, answer: kaggle.checkedKernel },
  "Collect training": { given: kaggle.collectTrainingTask, answer: pipeline.trainingResult },
  Train: { given: pipeline.startTrainingTask, answer: pipeline.trainingResult },
  "Train on GPU": { given: pipeline.startTrainingTask, answer: pipeline.notebookTraining.or(pipeline.trainingResult) },
  "Evaluate model": { given: pipeline.evaluateModelTask, answer: pipeline.evaluationResult },
  "Deploy model": { given: pipeline.deployModelTask, answer: pipeline.deployment },
  "Release lock": { given: pipeline.lockTask },
  "Release lock after failure": { given: pipeline.lockTask },
  "Record failure": { answer: pipeline.recordedFailure },
};

/** Bytes of each variable at most: of the answers that are assigned to it. */
export function variablesOf({ States }: Machine): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const [name, { Assign = {} }] of Object.entries(States)) {
    const { answer } = contracts[name] ?? {};
    for (const [variable, value] of Object.entries(Assign)) {
      if (!JSON.stringify(value).includes("$states.result")) sizes[variable] ??= "null".length;
      else if (answer) sizes[variable] = Math.max(sizes[variable] ?? 0, largest(answer));
      else throw new Error(`Nothing says what '${name}' assigns to '${variable}'`);
    }
  }
  return sizes;
}

/** Bytes of what a state builds of the variables, as its output or a message: its own text, and each variable that it names. */
export function builtOf(template: unknown, variables: Record<string, number>): number {
  const text = JSON.stringify(template ?? {});
  const named = new Set([...text.matchAll(/\$(\w+)/g)].map(([, name]) => name as string));
  return text.length + [...named].reduce((sum, name) => sum + (variables[name] ?? 0), 0);
}

/**
 * Bytes of the results of the map when every shard failed. The name and the start of the message go back, as many characters
 * as its Catch cuts them to, which are ASCII without escapes.
 */
export function failedShards({ States }: Machine): number {
  const shard = States["Preprocess shards"]?.ItemProcessor?.States["Preprocess shard"];
  const cuts = [...(shard?.Catch?.[0]?.Output ?? "").matchAll(/, 0, (\d+)\)/g)].map(([, characters]) =>
    Number(characters),
  );
  if (cuts.length !== 2) throw new Error("The failure of a shard is not cut twice, to its name and its message");
  const one = JSON.stringify({ failed: { Error: "", Cause: "" } }).length + (cuts[0] as number) + (cuts[1] as number);
  return "[]".length + pipeline.maxShardItems * (one + 1);
}
