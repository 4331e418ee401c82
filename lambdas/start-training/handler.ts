import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { SqsLauncher } from "../../aws/launchers.ts";
import { S3Store } from "../../aws/s3-store.ts";
import { isExecutionRunning, sendTaskSuccess } from "../../aws/state-machine.ts";
import { startTrainingTask } from "../../core/contracts/pipeline.ts";
import { artifactRoot } from "../../core/mlflow/artifacts.ts";
import { callback } from "../shared/callback.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { startTraining } from "./logic.ts";

const env = environment(
  z.object({
    ...mlflowEnvironment,
    DATA_BUCKET: z.string().min(1),
    ARTIFACT_BUCKET: z.string().min(1),
    TRAINER_LAUNCHER: z.literal("sqs", "launcher 'ecs' is not available yet: deploy stage 'local', which uses 'sqs'"),
    TRAINING_QUEUE_URL: z.url(),
  }),
);
const sfn = new SFNClient();
const start = step(startTrainingTask, (task) =>
  startTraining(task, {
    mlflow: mlflowFrom(env()),
    data: new S3Store(new S3Client(), env().DATA_BUCKET),
    artifactRoot: artifactRoot(env().ARTIFACT_BUCKET),
    launcher: new SqsLauncher(new SQSClient(), env().TRAINING_QUEUE_URL),
    isRunning: (executionArn) => isExecutionRunning(sfn, executionArn),
    succeed: (taskToken, result) => sendTaskSuccess(sfn, taskToken, result),
  }),
);

/** Starts a trainer, which reports back with the task's token. */
export const handler = callback(sfn, start);
