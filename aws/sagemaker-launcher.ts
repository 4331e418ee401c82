import {
  CreateTrainingJobCommand,
  type CreateTrainingJobRequest,
  DescribeTrainingJobCommand,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { datasetKeys } from "../core/contracts/dataset.ts";
import { type Launcher, type LaunchMessage, trainingKeys } from "../core/contracts/training.ts";
import { errorMessage, NamedError } from "../core/errors.ts";
import { describeRejection, notStarted } from "./capacity.ts";

/** What training jobs are made of. */
export interface SageMakerSettings {
  /** First part of the jobs' names. */
  prefix: string;
  /** Image in ECR. */
  image: string;
  /** ARN of the role that the jobs work with. */
  role: string;
  /** Such as `ml.g4dn.xlarge`. */
  instanceType: string;
  spot: boolean;
  /** Seconds after which SageMaker stops a job, the wait for a machine not counted. */
  maxSeconds: number;
  volumeGigabytes: number;
  dataBucket: string;
  region: string;
  /** Tags of the jobs, with which their cost is found. */
  tags: Record<string, string>;
}

/** Seconds that a job may wait for a machine. SageMaker takes no less: API reference, StoppingCondition. */
export const maxPendingSeconds = 7200;
const maxAttempts = 50;

/** Starts trainers as SageMaker training jobs: for each run one at a time, however often it is asked. */
export class SageMakerLauncher implements Launcher {
  private readonly client: SageMakerClient;
  private readonly settings: SageMakerSettings;

  constructor(client: SageMakerClient, settings: SageMakerSettings) {
    this.client = client;
    this.settings = settings;
  }

  /**
   * Makes sure that a job for the run goes on. One that is found takes the new task token from its job file by itself.
   * A name can be used once in an account and region, so that the next attempt has the next number.
   * @throws NamedError `NoTrainerCapacity`, `TrainerNotStarted` or `Transient`
   */
  async launch(message: LaunchMessage): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const name = `${this.settings.prefix}${message.runId}-${attempt}`;
      if (await this.create(name, message)) return;
      if (await this.isGoingOn(name)) return;
    }
    throw new NamedError(notStarted, `The trainer of this run was started ${maxAttempts} times, and ended each time`);
  }

  /** False when there is or was a job of that name. */
  private async create(name: string, message: LaunchMessage): Promise<boolean> {
    try {
      await this.client.send(new CreateTrainingJobCommand(trainingJobRequest(name, message, this.settings)));
      return true;
    } catch (cause) {
      const code = cause instanceof Error ? cause.name : "";
      if (code === "ResourceInUse") return false;
      throw describeRejection("SageMaker", `${code}: ${errorMessage(cause)}`, cause);
    }
  }

  private async isGoingOn(name: string): Promise<boolean> {
    const { TrainingJobStatus: status } = await this.client.send(
      new DescribeTrainingJobCommand({ TrainingJobName: name }),
    );
    // The end of one that is stopping will be reported with the token that is in the job file then.
    return status === "InProgress" || status === "Stopping";
  }
}

function trainingJobRequest(
  name: string,
  { runId, jobKey, datasetVersion }: LaunchMessage,
  settings: SageMakerSettings,
): CreateTrainingJobRequest {
  const { image, role, instanceType, volumeGigabytes, dataBucket, region, tags, spot, maxSeconds } = settings;
  const dataset = {
    S3DataType: "S3Prefix",
    S3Uri: `s3://${dataBucket}/${datasetKeys.prefix(datasetVersion)}`,
  } as const;
  const limit = { MaxRuntimeInSeconds: maxSeconds };
  return {
    TrainingJobName: name,
    AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: "File" },
    RoleArn: role,
    HyperParameters: { run_id: runId, job_key: jobKey, data_bucket: dataBucket },
    // boto3 does not read the AWS_REGION that SageMaker sets.
    Environment: { AWS_DEFAULT_REGION: region },
    InputDataConfig: [{ ChannelName: "dataset", DataSource: { S3DataSource: dataset } }],
    // For what a job leaves in /opt/ml/model, which is nothing: the trainer stores its files itself.
    OutputDataConfig: { S3OutputPath: `s3://${dataBucket}/${trainingKeys.archives(runId)}` },
    ResourceConfig: {
      InstanceType: instanceType as "ml.g4dn.xlarge",
      InstanceCount: 1,
      VolumeSizeInGB: volumeGigabytes,
    },
    // No VPC: the job runs in SageMaker's own network and reaches AWS and the host of Keras' weights from there.
    EnableNetworkIsolation: false,
    EnableManagedSpotTraining: spot,
    // A spot job's limit is on waiting and running together.
    StoppingCondition: spot
      ? { ...limit, MaxWaitTimeInSeconds: maxSeconds + maxPendingSeconds }
      : { ...limit, MaxPendingTimeInSeconds: maxPendingSeconds },
    Tags: Object.entries({ ...tags, run: runId }).map(([Key, Value]) => ({ Key, Value })),
  };
}
