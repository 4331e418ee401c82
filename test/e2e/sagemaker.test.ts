import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeTrainingJobCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executeRetraining } from "../../cli/executions/execute.ts";
import type { Report } from "../../cli/executions/report.ts";
import { Progress } from "../../cli/terminal/progress.ts";
import { uploadData } from "../../cli/upload.ts";
import type { FaultSettings } from "../../local/sagemaker/faults.ts";
import { ensureSample } from "../../local/sample.ts";
import { type LocalStack, startLocalStack } from "../../local/stack.ts";
import { expectFailure, expectPromotion } from "../support/e2e-retraining.ts";

/* The whole system on this machine with the local SageMaker, which really runs the trainer's entry point. */
describe("strategy 'sagemaker'", () => {
  let folder: string;
  let stack: LocalStack;
  let data: string;
  let first: Report;
  /** Each execution that is to fail is the first with its input. */
  let seed = 1;

  const execute = (seed: number): Promise<Report> => {
    const hyperparameters = { epochs: 2, batchSize: 16, learningRate: 0.01, seed };
    const input = { data, strategy: "sagemaker", hyperparameters };
    return executeRetraining(stack, input, new Progress(), new AbortController().signal);
  };
  const setFaults = (faults: FaultSettings) =>
    fetch(`${stack.urls.sagemaker}/_emulator/faults`, { method: "PUT", body: JSON.stringify(faults) });
  const statusesOf = async (runId: string | undefined) => {
    const client = new SageMakerClient({ endpoint: stack.urls.sagemaker as string });
    const { SecondaryStatusTransitions = [] } = await client.send(
      new DescribeTrainingJobCommand({ TrainingJobName: `avocado-local-${runId}-0` }),
    );
    return SecondaryStatusTransitions.map(({ Status }) => Status);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "avocado-sagemaker-"));
    const sample = await ensureSample(join(folder, "sample"), () => {}, { fruits: 14, seed: 10 });
    stack = await startLocalStack({
      folder: join(folder, "state"),
      reset: false,
      log: () => {},
      onTrainerLine: () => {},
      sagemaker: { weights: "none", spot: true },
    });
    data = await uploadData(sample, stack.raw);
    // The state machine's waits before it tries again: minutes.
    await fetch(`${stack.urls.aws}/_ministack/config`, {
      method: "POST",
      body: JSON.stringify({ "stepfunctions._SFN_WAIT_SCALE": 0.01 }),
    });
  });

  afterAll(async () => {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("trains both phases, promotes the model and serves it, although its spot machine is taken back once", async () => {
    await setFaults({ pendingSeconds: 1, interruptions: 1 });
    first = await execute(1);
    await expectPromotion(stack, first, "training.phase");
    const attempt = ["Starting", "Pending", "Downloading", "Training"];
    expect(await statusesOf(first.runId)).toEqual([...attempt, "Interrupted", ...attempt, "Uploading", "Completed"]);
  });

  // The emulated Lambda gives every error that is thrown one name, so that these tests look at the words.
  it.for<[string, FaultSettings, RegExp]>([
    [
      "a quota of 0",
      { quota: true },
      /NoTrainerCapacity: SageMaker did not start.*training job usage' is 0 Instances/s,
    ],
    ["no machine", { start: "capacity" }, /NoTrainerCapacity: .*Unable to provision requested ML compute capacity/s],
    ["an image that is missing", { start: "image" }, /TrainerNotStarted: .*Cannot pull algorithm container/s],
    ["an error of SageMaker's own", { start: "internal" }, /TrainerInterrupted: .*InternalServerError/s],
    ["a trainer that fails", { training: "no-data" }, /TrainingFailed: FileNotFoundError: .*is not among the inputs/s],
    ["a trainer without memory", { training: "memory" }, /TrainerOutOfMemory: .*exit code: 137/s],
    ["a job that is stopped", { training: "stop" }, /TrainerStopped: The training was stopped/],
    ["a job that takes too long", { training: "timeout" }, /TrainerTimedOut: .*sagemaker\.maxHours/],
  ])(
    "says in the execution and in both runs that it failed on %s, while the champion serves",
    async ([, faults, reason]) => {
      await setFaults(faults);
      await expectFailure(stack, execute(++seed), reason, "training.phase");
    },
  );
});
