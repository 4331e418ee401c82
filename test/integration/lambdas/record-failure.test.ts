import { beforeEach, describe, expect, it } from "vitest";
import { createMlflowClient } from "../../../core/mlflow/client.ts";
import { recordFailure } from "../../../lambdas/record-failure/logic.ts";
import { createSandbox, type Sandbox } from "../../support/pipeline.ts";

let sandbox: Sandbox;
let warnings: string[];

beforeEach(async () => {
  sandbox = await createSandbox();
  warnings = [];
});

function record(
  { mlflow, executionArn, artifactRoot, input } = sandbox,
  error = { Error: "TrainerDied", Cause: "it was killed" },
) {
  const given = { experimentName: input.experimentName };
  const clients = { mlflow, artifactRoot, warn: (message: string) => void warnings.push(message) };
  return recordFailure({ executionArn, input: given, error }, clients);
}

async function begin() {
  const { mlflow, input, artifactRoot, executionArn } = sandbox;
  const experiment = await mlflow.experiments.getOrCreate(input.experimentName, artifactRoot);
  return mlflow.runs.create(experiment, "begun", { "pipeline.execution": executionArn });
}

describe("recordFailure", () => {
  it("marks the execution's run as failed, with the reason", async () => {
    const { runId } = await begin();
    expect(await record()).toEqual({ error: "TrainerDied", reason: "it was killed", runId });
    expect(await sandbox.mlflow.runs.get(runId)).toMatchObject({
      status: "FAILED",
      endTime: expect.any(Number),
      tags: { "failure.error": "TrainerDied", "failure.reason": "it was killed" },
    });
  });

  it("makes a failed run where there is none, so that people see the failure", async () => {
    const { runId = "" } = await record();
    expect(await sandbox.mlflow.runs.get(runId)).toMatchObject({
      status: "FAILED",
      runName: sandbox.executionArn.split(":").at(-1),
      tags: { "failure.reason": "it was killed" },
    });
  });

  it("makes no second one when it is repeated, and keeps the time of the failure", async () => {
    const first = await record();
    const ended = (await sandbox.mlflow.runs.get(first.runId ?? ""))?.endTime;
    expect(await record()).toEqual(first);
    expect((await sandbox.mlflow.runs.get(first.runId ?? ""))?.endTime).toBe(ended);
  });

  it("cuts a reason that MLflow would reject for its length", async () => {
    const { runId } = await begin();
    const { reason } = await record(sandbox, { Error: "E", Cause: "x".repeat(20_000) });
    expect(reason).toHaveLength(20_000);
    expect((await sandbox.mlflow.runs.get(runId))?.tags["failure.reason"]).toMatch(/^x{5000} \.\.\.$/);
  });

  it("gives the original failure although MLflow is away", async () => {
    const mlflow = createMlflowClient({ trackingUri: "http://127.0.0.1:9", backoff: 1 });
    expect(await record({ ...sandbox, mlflow })).toEqual({ error: "TrainerDied", reason: "it was killed" });
    expect(warnings).toEqual([expect.stringContaining("could not be recorded in MLflow")]);
  });
});
