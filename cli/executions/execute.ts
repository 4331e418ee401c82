import { SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { createMlflowClient } from "../../core/mlflow/client.ts";
import { runsOfExecution } from "../../core/run-tags.ts";
import type { LocalStack } from "../../local/stack.ts";
import type { Progress } from "../terminal/progress.ts";
import { predictExample } from "./example.ts";
import { makeReport, type Report } from "./report.ts";
import { watchExecution } from "./watch.ts";

/** Starts one execution of the retraining state machine, shows it live, and reports on it. */
export async function executeRetraining(
  stack: LocalStack,
  input: object,
  progress: Progress,
  signal: AbortSignal,
): Promise<Report> {
  const client = new SFNClient();
  const started = await client.send(
    new StartExecutionCommand({ stateMachineArn: stack.outputs.StateMachineArn, input: JSON.stringify(input) }),
  );
  const executionArn = started.executionArn ?? "";
  progress.line(`Execution ${executionArn}`);
  signal.addEventListener("abort", () => void client.send(new StopExecutionCommand({ executionArn })).catch(() => {}));
  const end = await watchExecution(executionArn, progress, client);
  const version = (end.output as { dataset?: { version?: string } } | undefined)?.dataset?.version;
  const prediction =
    version === undefined
      ? { error: "not asked, since the execution failed" }
      : await predictExample(stack.urls.api, stack.data, version);
  const failedRun = end.status === "SUCCEEDED" ? undefined : await findRun(stack.urls.mlflow, executionArn);
  return makeReport(executionArn, end, prediction, stack.urls, failedRun);
}

/** The run that says why an execution failed, unless MLflow is what failed. */
async function findRun(trackingUri: string, executionArn: string): Promise<string | undefined> {
  const mlflow = createMlflowClient({ trackingUri, attempts: 1 });
  const runs = await runsOfExecution(mlflow, executionArn).catch(() => []);
  return runs[0]?.runId;
}
