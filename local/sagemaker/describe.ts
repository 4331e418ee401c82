import type { TrainingJob } from "./training-job.ts";

/** A job as DescribeTrainingJob shows it. */
export function describeJob(job: TrainingJob): object {
  return {
    ...changesOf(job, (date) => date.getTime() / 1000),
    // Only asked for is it told: events do not have it.
    FailureReason: job.failureReason,
  };
}

/** The event of a change of a job's status, for EventBridge. */
export function eventOf(job: TrainingJob): TrainingJobEvent {
  const [, , , region = "", account = ""] = job.arn.split(":");
  return {
    version: "0",
    id: crypto.randomUUID(),
    source: "aws.sagemaker",
    "detail-type": "SageMaker Training Job State Change",
    account,
    time: new Date().toISOString().replace(/\.\d+Z/, "Z"),
    region,
    resources: [job.arn],
    detail: changesOf(job, (date) => date.getTime()),
  };
}

export interface TrainingJobEvent {
  version: string;
  id: string;
  source: string;
  "detail-type": string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: object;
}

/** What both show: the fields of the event's schema (CDK, `SageMakerTrainingJobStateChange`). */
function changesOf(job: TrainingJob, time: (date: Date) => number): object {
  const { Tags, Environment: _, ...request } = job.request;
  const optional = (date: Date | undefined) => date && time(date);
  return {
    ...request,
    TrainingJobArn: job.arn,
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondaryStatus,
    ModelArtifacts: {
      S3ModelArtifacts: `${request.OutputDataConfig.S3OutputPath}/${request.TrainingJobName}/output/model.tar.gz`,
    },
    CreationTime: time(job.created),
    TrainingStartTime: optional(job.trainingStarted),
    TrainingEndTime: optional(job.trainingEnded),
    LastModifiedTime: time(job.modified),
    SecondaryStatusTransitions: job.transitions.map(({ StartTime, EndTime, ...rest }) => ({
      ...rest,
      StartTime: time(StartTime),
      EndTime: optional(EndTime),
    })),
    Tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
  };
}
