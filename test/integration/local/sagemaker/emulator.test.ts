import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from "@aws-sdk/client-sagemaker";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SageMakerLauncher } from "../../../../aws/sagemaker-launcher.ts";
import { describeTrainingJob } from "../../../../aws/training-jobs.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import type { TrainingJobEvent } from "../../../../local/sagemaker/describe.ts";
import type { FaultSettings } from "../../../../local/sagemaker/faults.ts";
import { type SageMakerEmulator, startSageMakerEmulator } from "../../../../local/sagemaker/server.ts";
import { localClient } from "../../../support/ministack.ts";

let folder: string;
let emulator: SageMakerEmulator;
let client: SageMakerClient;
let events: TrainingJobEvent[];
let output: string;

/** Starts the emulator with a shell script as the trainer. */
async function start(script: string): Promise<void> {
  emulator = await startSageMakerEmulator({
    folder: join(folder, "jobs"),
    port: 0,
    region: "us-east-1",
    account: "000000000000",
    command: ["/bin/sh", "-c", script],
    environment: {},
    openBucket: (name) => new FolderStore(join(folder, name)),
    onOutput: (text) => {
      output += text;
    },
    onEvent: (event) => events.push(event),
  });
  client = new SageMakerClient(localClient(emulator.url));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sagemaker-"));
  await new FolderStore(join(folder, "data")).write("datasets/v1/shards/one", "photographs");
  events = [];
  output = "";
});
afterEach(async () => {
  await emulator?.stop();
  await rm(folder, { recursive: true, force: true });
});

const setFaults = (faults: FaultSettings) =>
  fetch(`${emulator.url}/_emulator/faults`, { method: "PUT", body: JSON.stringify(faults) });
const describeJob = (name: string) => client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
const request = (change: Partial<CreateTrainingJobCommandInput> = {}): CreateTrainingJobCommandInput => ({
  TrainingJobName: "job-1",
  AlgorithmSpecification: { TrainingImage: "image:1", TrainingInputMode: "File" },
  RoleArn: "arn:aws:iam::000000000000:role/trainer",
  HyperParameters: { run_id: "r1" },
  InputDataConfig: [
    {
      ChannelName: "dataset",
      DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: "s3://data/datasets/v1/" } },
    },
  ],
  OutputDataConfig: { S3OutputPath: "s3://data/out" },
  ResourceConfig: { InstanceType: "ml.g4dn.xlarge", InstanceCount: 1, VolumeSizeInGB: 50 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
  ...change,
});
const create = (change?: Partial<CreateTrainingJobCommandInput>) =>
  client.send(new CreateTrainingJobCommand(request(change)));
async function toEnd(name = "job-1") {
  for (;;) {
    const job = await describeJob(name);
    if (!["InProgress", "Stopping"].includes(job.TrainingJobStatus ?? "")) return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("the local SageMaker, by AWS's client", () => {
  it("lays out /opt/ml, runs the trainer, and goes through the statuses that SageMaker has", async () => {
    await start(
      "cd $SAGEMAKER_ROOT && cat input/data/dataset/shards/one input/config/hyperparameters.json && echo $KIND",
    );
    const { TrainingJobArn } = await create({ Environment: { KIND: "of the job" } });
    expect(TrainingJobArn).toBe("arn:aws:sagemaker:us-east-1:000000000000:training-job/job-1");
    const job = await toEnd();
    expect(output).toBe('photographs{"run_id":"r1"}of the job\n');
    expect(job).toMatchObject({ TrainingJobStatus: "Completed", HyperParameters: { run_id: "r1" } });
    const statuses = ["Starting", "Downloading", "Training", "Uploading", "Completed"];
    expect(job.SecondaryStatusTransitions?.map(({ Status }) => Status)).toEqual(statuses);
    expect(job.CreationTime).toBeInstanceOf(Date);
    expect(events.map(({ detail }) => detail)).toMatchObject(
      statuses.map((SecondaryStatus) => ({ SecondaryStatus, TrainingJobName: "job-1" })),
    );
    expect(events.at(-1)).toMatchObject({
      source: "aws.sagemaker",
      "detail-type": "SageMaker Training Job State Change",
      detail: { TrainingJobStatus: "Completed", CreationTime: job.CreationTime?.getTime() },
    });
  });

  it("gives the trainer's own words as the reason of a failure, and to those who ask alone", async () => {
    await start('echo "Transient: S3 is away" > $SAGEMAKER_ROOT/output/failure; exit 1');
    await create();
    await toEnd();
    await expect(describeTrainingJob(client, "job-1")).resolves.toMatchObject({
      runId: "r1",
      secondaryStatus: "Failed",
      failureReason: "AlgorithmError: Transient: S3 is away\n, exit code: 1",
      endedAt: expect.any(Date),
    });
    expect(events.at(-1)?.detail).not.toHaveProperty("FailureReason");
  });

  it("takes a name once, and asks for what SageMaker asks", async () => {
    await start("true");
    await create();
    await expect(create()).rejects.toMatchObject({ name: "ResourceInUse" });
    await expect(create({ TrainingJobName: "a_b" })).rejects.toMatchObject({ name: "ValidationException" });
    const spot = { EnableManagedSpotTraining: true, TrainingJobName: "job-2" };
    await expect(create(spot)).rejects.toMatchObject({ message: expect.stringMatching(/MaxWaitTimeInSeconds must/) });
    await expect(describeJob("job-9")).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("stops a job as docker stop does, by SIGTERM first", async () => {
    await start("trap 'echo asked to stop; exit 1' TERM; echo ready; while true; do sleep 0.1; done");
    await create();
    while (!output.includes("ready")) await new Promise((resolve) => setTimeout(resolve, 20));
    await client.send(new StopTrainingJobCommand({ TrainingJobName: "job-1" }));
    const { TrainingJobStatus, SecondaryStatus } = await toEnd();
    expect({ TrainingJobStatus, SecondaryStatus }).toEqual({
      TrainingJobStatus: "Stopped",
      SecondaryStatus: "Stopped",
    });
    expect(output).toContain("asked to stop");
  });

  it("stops a job whose time is up", async () => {
    await start("sleep 30");
    await create({ StoppingCondition: { MaxRuntimeInSeconds: 1 } });
    expect(await toEnd()).toMatchObject({ TrainingJobStatus: "Stopped", SecondaryStatus: "MaxRuntimeExceeded" });
  });

  it("begins a spot job again whose machine was taken back", async () => {
    await start("sleep 2");
    await setFaults({ interruptions: 1 });
    const StoppingCondition = { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 60 };
    await create({ EnableManagedSpotTraining: true, StoppingCondition });
    const { TrainingJobStatus, SecondaryStatusTransitions } = await toEnd();
    const attempt = ["Starting", "Downloading", "Training"];
    expect(TrainingJobStatus).toBe("Completed");
    expect(SecondaryStatusTransitions?.map(({ Status }) => Status)).toEqual([
      ...attempt,
      "Interrupted",
      ...attempt,
      "Uploading",
      "Completed",
    ]);
  });

  it.each([
    ["capacity", /^CapacityError/],
    ["image", /^ClientError: Cannot pull/],
    ["internal", /^InternalServerError/],
  ] as const)("fails for want of %s", async (start_, reason) => {
    await start("true");
    await setFaults({ start: start_ });
    await create();
    expect(await toEnd()).toMatchObject({ TrainingJobStatus: "Failed", FailureReason: expect.stringMatching(reason) });
  });

  it("is what the launcher speaks to: one job for a run, the next after its end, and the quota by name", async () => {
    await start("sleep 0.5");
    const launcher = new SageMakerLauncher(client, {
      prefix: "avocado-test-",
      image: "image:1",
      role: "arn:aws:iam::000000000000:role/trainer",
      instanceType: "ml.g4dn.xlarge",
      spot: true,
      maxSeconds: 60,
      volumeGigabytes: 50,
      dataBucket: "data",
      region: "us-east-1",
      tags: { stage: "test" },
    });
    const message = { runId: "r1", jobKey: "training/r1/job.json", datasetVersion: "v1" };
    await launcher.launch(message);
    await launcher.launch(message);
    await expect(describeJob("avocado-test-r1-1")).rejects.toThrow();
    await toEnd("avocado-test-r1-0");
    await launcher.launch(message);
    expect(await toEnd("avocado-test-r1-1")).toMatchObject({ TrainingJobStatus: "Completed" });
    await setFaults({ quota: true });
    await expect(launcher.launch({ ...message, runId: "r2" })).rejects.toMatchObject({
      name: "NoTrainerCapacity",
      message: expect.stringMatching(/'ml.g4dn.xlarge for training job usage' is 0 Instances/),
    });
  });
});
