import {
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  type DescribeTrainingJobCommand,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { beforeEach, describe, expect, it } from "vitest";
import { SageMakerLauncher, type SageMakerSettings } from "../../../aws/sagemaker-launcher.ts";

const runId = "0123456789abcdef0123456789abcdef";
const message = { runId, jobKey: `training/${runId}/job.json`, datasetVersion: "v1" };
const settings: SageMakerSettings = {
  prefix: "avocado-mystagename12-",
  image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/trainer:1",
  role: "arn:aws:iam::123456789012:role/trainer",
  instanceType: "ml.g4dn.xlarge",
  spot: false,
  maxSeconds: 21_600,
  volumeGigabytes: 50,
  dataBucket: "data",
  region: "us-east-1",
  tags: { project: "avocado" },
};

/** As SageMaker: a name can be used once. */
class Jobs {
  readonly created: CreateTrainingJobCommandInput[] = [];
  readonly status = new Map<string, string>();
  rejection: Error | undefined;

  async send(command: CreateTrainingJobCommand | DescribeTrainingJobCommand): Promise<unknown> {
    const name = command.input.TrainingJobName ?? "";
    if (!(command instanceof CreateTrainingJobCommand)) return { TrainingJobStatus: this.status.get(name) };
    if (this.rejection) throw this.rejection;
    if (this.status.has(name)) throw Object.assign(new Error("already exists"), { name: "ResourceInUse" });
    this.created.push(command.input);
    this.status.set(name, "InProgress");
    return {};
  }
}

let jobs: Jobs;
const launcher = (change: Partial<SageMakerSettings> = {}) =>
  new SageMakerLauncher(jobs as unknown as SageMakerClient, { ...settings, ...change });
beforeEach(() => {
  jobs = new Jobs();
});

describe("SageMakerLauncher", () => {
  it("starts one job for a run however often it is asked, and the next once that one has ended", async () => {
    await launcher().launch(message);
    await launcher().launch(message);
    expect(jobs.created).toHaveLength(1);
    const first = jobs.created[0]?.TrainingJobName ?? "";
    jobs.status.set(first, "Stopping");
    await launcher().launch(message);
    expect(jobs.created).toHaveLength(1);
    for (const ended of ["Failed", "Stopped", "Completed"]) {
      jobs.status.set(jobs.created.at(-1)?.TrainingJobName ?? "", ended);
      await launcher().launch(message);
    }
    const names = jobs.created.map(({ TrainingJobName }) => TrainingJobName);
    expect(names).toEqual([0, 1, 2, 3].map((attempt) => `${settings.prefix}${runId}-${attempt}`));
  });

  it("gives jobs names that SageMaker takes, in the stage with the longest name", async () => {
    await launcher().launch(message);
    expect(jobs.created[0]?.TrainingJobName).toMatch(/^(?=.{1,62}$)[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
  });

  it("asks for one machine in SageMaker's own network, with the dataset, for a bounded time", async () => {
    await launcher().launch(message);
    const [job] = jobs.created;
    expect(job).toMatchObject({
      AlgorithmSpecification: { TrainingImage: settings.image, TrainingInputMode: "File" },
      HyperParameters: { run_id: runId, job_key: message.jobKey, data_bucket: "data" },
      Environment: { AWS_DEFAULT_REGION: "us-east-1" },
      InputDataConfig: [{ ChannelName: "dataset", DataSource: { S3DataSource: { S3Uri: "s3://data/datasets/v1/" } } }],
      ResourceConfig: { InstanceType: "ml.g4dn.xlarge", InstanceCount: 1, VolumeSizeInGB: 50 },
      EnableManagedSpotTraining: false,
      EnableNetworkIsolation: false,
      StoppingCondition: { MaxRuntimeInSeconds: 21_600, MaxPendingTimeInSeconds: 7200 },
      Tags: [
        { Key: "project", Value: "avocado" },
        { Key: "run", Value: runId },
      ],
    });
    expect(job).not.toHaveProperty("VpcConfig");
  });

  it("lets a spot job wait for its machine in addition to its running time", async () => {
    await launcher({ spot: true }).launch(message);
    expect(jobs.created[0]).toMatchObject({
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 21_600, MaxWaitTimeInSeconds: 28_800 },
    });
  });

  it.each([
    [
      "ResourceLimitExceeded",
      "The account-level service limit 'ml.g4dn.xlarge for training job usage' is 0 Instances",
      "NoTrainerCapacity",
    ],
    ["CapacityError", "Unable to provision requested ML compute capacity", "NoTrainerCapacity"],
    ["ValidationException", "Could not access the role", "TrainerNotStarted"],
    ["ThrottlingException", "Rate exceeded", "Transient"],
  ])("names what SageMaker rejects: %s", async (name, words, expected) => {
    jobs.rejection = Object.assign(new Error(words), { name });
    await expect(launcher().launch(message)).rejects.toMatchObject({
      name: expected,
      message: `SageMaker did not start the trainer: ${name}: ${words}`,
    });
  });

  it("gives up a run whose trainings all ended", async () => {
    const attempts = Array.from({ length: 50 }, (_, attempt) => `${settings.prefix}${runId}-${attempt}`);
    for (const name of attempts) jobs.status.set(name, "Failed");
    await expect(launcher().launch(message)).rejects.toMatchObject({ name: "TrainerNotStarted" });
  });
});
