import { S3Client } from "@aws-sdk/client-s3";
import { SageMakerClient } from "@aws-sdk/client-sagemaker";
import { SFNClient } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { sendTaskFailure } from "../../aws/state-machine.ts";
import { describeTrainingJob } from "../../aws/training-jobs.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { endOfTask, reportStoppedTrainer, stoppedTask, type TrainerEnd } from "./logic.ts";
import { describeJobEnd, endedTrainingJob } from "./training-job.ts";

const env = environment(z.object({ DATA_BUCKET: z.string().min(1) }));
const s3 = new S3Client();
const sfn = new SFNClient();
const sagemaker = new SageMakerClient();

/** Tells the state machine of a trainer that ended without a word. */
export const handler = step(z.union([endedTrainingJob, stoppedTask]), async (event) => {
  const end = "source" in event ? await endOfJob(event.detail.TrainingJobName) : endOfTask(event.detail);
  const error = await reportStoppedTrainer(end, new S3Store(s3, env().DATA_BUCKET), (taskToken, reason) =>
    sendTaskFailure(sfn, taskToken, reason),
  );
  return error ? { error: error.name, reason: error.message } : { error: null };
});

async function endOfJob(name: string): Promise<TrainerEnd> {
  const job = await describeTrainingJob(sagemaker, name);
  return { ...job, error: describeJobEnd(job) };
}
