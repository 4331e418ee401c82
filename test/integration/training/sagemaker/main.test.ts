import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import type { S3Store } from "../../../../aws/s3-store.ts";
import { trainingKeys } from "../../../../core/contracts/training.ts";
import { writeJson } from "../../../../core/storage.ts";
import { localAws } from "../../../../local/ministack.ts";
import { Container } from "../../../../local/sagemaker/container.ts";
import { createTrainingJob } from "../../../../local/sagemaker/request.ts";
import { kaggleVenv, root } from "../../../../scripts/setup/paths.ts";
import { createSandbox } from "../../../support/pipeline.ts";
import { startWaitingTask } from "../../../support/waiting-task.ts";

const job = trainingKeys.job("r1");
let folder: string;
let data: S3Store;
let output: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trainer-"));
  data = (await createSandbox()).data;
  output = "";
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The trainer of a job on a machine; `change`: of its environment. */
async function trainer(instanceType = "ml.m5.xlarge", change: Record<string, string> = {}): Promise<Container> {
  const container = new Container(
    createTrainingJob.parse({
      TrainingJobName: "job-1",
      AlgorithmSpecification: { TrainingImage: "image:1", TrainingInputMode: "File" },
      RoleArn: "arn:aws:iam::000000000000:role/trainer",
      HyperParameters: { run_id: "r1", job_key: job, data_bucket: data.bucket },
      OutputDataConfig: { S3OutputPath: "s3://data/out" },
      ResourceConfig: { InstanceType: instanceType, InstanceCount: 1, VolumeSizeInGB: 50 },
      StoppingCondition: {},
    }),
    {
      root: folder,
      command: [join(kaggleVenv, "bin/python"), join(root, "training/sagemaker/main.py")],
      environment: { ...localAws(inject("services").aws), AWS_MAX_ATTEMPTS: "1", ...change },
      openBucket: () => data,
      onOutput: (text) => {
        output += text;
      },
    },
  );
  await container.download(true);
  return container;
}
const writeJob = (taskToken: string) =>
  writeJson(data, job, { runId: "r1", headRunId: "r0", taskToken, notebook: { cnn: "mobilenetv2" } });

describe("the trainer of a training job, which leaves the reason of its failure in its failure file", {
  timeout: 120_000,
}, () => {
  it("ends when no execution waits for it", async () => {
    await writeJob("nobody waits for this");
    const container = await trainer();
    expect(await container.run()).toBe(1);
    expect(await container.failure()).toMatch(/^TrainerAbandoned: The execution that waited .* has ended$/);
  });

  it("does not train on the processor of a machine with a GPU", async () => {
    await writeJob("token");
    const container = await trainer("ml.g4dn.xlarge");
    expect(await container.run()).toBe(1);
    expect(await container.failure()).toMatch(/^NoGpu: TensorFlow finds no GPU on ml\.g4dn\.xlarge/);
  });

  it("says what its notebook failed of", async () => {
    const task = await startWaitingTask(inject("services").aws);
    await writeJob(task.taskToken);
    const container = await trainer();
    expect(await container.run()).toBe(1);
    expect(await container.failure()).toMatch(
      /^TrainingFailed: FileNotFoundError: Dataset \(any\) is not among the inputs/,
    );
  });

  it("says that it was told to stop", async () => {
    const task = await startWaitingTask(inject("services").aws);
    await writeJob(task.taskToken);
    const container = await trainer();
    const running = container.run();
    while (!output.includes("Kernel")) await new Promise((resolve) => setTimeout(resolve, 50));
    container.stop(120);
    expect(await running).toBe(1);
    expect(await container.failure()).toBe("TrainerStopped: The training was told to stop (SIGTERM)");
  });

  it("names as transient what may be over by the next attempt, and nothing else", async () => {
    const away = await trainer("ml.m5.xlarge", { AWS_ENDPOINT_URL: "http://127.0.0.1:9" });
    expect(await away.run()).toBe(1);
    expect(await away.failure()).toMatch(/^Transient: Could not connect/);
    const without = await trainer();
    expect(await without.run()).toBe(1);
    expect(await without.failure()).toMatch(/^TrainingFailed: .*NoSuchKey/);
  });
});
