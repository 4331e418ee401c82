import { DescribeTrainingJobCommand, type SageMakerClient } from "@aws-sdk/client-sagemaker";

/** A SageMaker training job that has ended. */
export interface EndedTrainingJob {
  name: string;
  /** The run that it trained; undefined for a job that is not ours. */
  runId: string | undefined;
  /** Such as `Failed`, `Stopped`, `MaxRuntimeExceeded`. */
  secondaryStatus: string;
  failureReason: string;
  createdAt: Date | undefined;
  endedAt: Date | undefined;
}

/** How a training job ended. The event of its end has no failure reason. */
export async function describeTrainingJob(client: SageMakerClient, name: string): Promise<EndedTrainingJob> {
  const job = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
  return {
    name,
    runId: job.HyperParameters?.run_id,
    secondaryStatus: job.SecondaryStatus ?? "",
    failureReason: job.FailureReason ?? "",
    createdAt: job.CreationTime,
    // One that never got a machine has no end of its training.
    endedAt: job.TrainingEndTime ?? job.LastModifiedTime,
  };
}
