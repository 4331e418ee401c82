import { z } from "zod";
import { validateInput } from "../../core/contracts/execution.ts";
import type { RecordedFailure } from "../../core/contracts/pipeline.ts";
import { errorMessage } from "../../core/errors.ts";
import { parseJson } from "../../core/json.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import type { Run } from "../../core/mlflow/runs.ts";
import { executionName, runsOfExecution, runTags } from "../../core/run-tags.ts";

export interface RecordFailureTask {
  executionArn: string;
  input: unknown;
  error: { Error: string; Cause: string };
}

export interface RecordFailureClients {
  mlflow: MlflowClient;
  artifactRoot: string;
  warn(message: string): void;
}

/** What a Lambda that threw leaves as the cause. */
const lambdaFailure = z.looseObject({ errorType: z.string().optional(), errorMessage: z.string() });

/**
 * Marks the runs of an execution as failed, with the reason; where it has none yet, one is made, so that people who look at
 * the experiment see the failure. That MLflow is away does not hide the failure itself.
 */
export async function recordFailure(task: RecordFailureTask, clients: RecordFailureClients): Promise<RecordedFailure> {
  const failure = describeFailure(task.error);
  try {
    const { mlflow } = clients;
    const runs = await runsOfExecution(mlflow, task.executionArn);
    if (runs.length === 0) runs.push(await createRun(task, clients));
    for (const run of runs) await markFailed(mlflow, run, failure);
    return { ...failure, ...(runs[0] && { runId: runs[0].runId }) };
  } catch (error) {
    clients.warn(`The failure could not be recorded in MLflow: ${errorMessage(error)}`);
    return failure;
  }
}

/** Name and reason of a failure as Step Functions reports it. */
export function describeFailure({ Error: name, Cause: cause }: RecordFailureTask["error"]) {
  // Undefined for a cause in words.
  const thrown = lambdaFailure.safeParse(parseJson(cause));
  const reason = (thrown.success ? thrown.data.errorMessage : cause).trim();
  return {
    error: (thrown.success && thrown.data.errorType) || name,
    reason: reason || `The execution failed with ${name} and gave no cause.`,
  };
}

async function markFailed(mlflow: MlflowClient, run: Run, { error, reason }: { error: string; reason: string }) {
  // MLflow takes 8000 characters.
  const short = reason.length > 5000 ? `${reason.slice(0, 5000)} ...` : reason;
  const { tags, status } = run;
  if (status === "FAILED" && tags[runTags.failureError] === error && tags[runTags.failureReason] === short) return;
  await mlflow.runs.log(run.runId, { tags: { [runTags.failureError]: error, [runTags.failureReason]: short } });
  await mlflow.runs.update(run.runId, "FAILED");
}

async function createRun({ executionArn, input }: RecordFailureTask, { mlflow, artifactRoot }: RecordFailureClients) {
  const { experimentName, runName } = usableInput(input);
  const experimentId = await mlflow.experiments.getOrCreate(experimentName, artifactRoot);
  return mlflow.runs.create(experimentId, runName ?? executionName(executionArn), {
    [runTags.execution]: executionArn,
  });
}

/** The input may be what was wrong: then the failure goes to the default experiment. */
function usableInput(input: unknown) {
  try {
    return validateInput(input);
  } catch {
    return validateInput({});
  }
}
