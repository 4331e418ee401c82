import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { isExecutionRunning, sendTaskSuccess } from "../../aws/state-machine.ts";
import { startTrainingTask } from "../../core/contracts/pipeline.ts";
import { artifactRoot } from "../../core/mlflow/artifacts.ts";
import { callback } from "../shared/callback.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { createLauncher } from "./launcher.ts";
import { startTraining } from "./logic.ts";

const env = environment(
  z.object({
    ...mlflowEnvironment,
    DATA_BUCKET: z.string().min(1),
    ARTIFACT_BUCKET: z.string().min(1),
    SAGEMAKER_WEIGHTS: z.enum(["imagenet", "none"]).optional(),
  }),
);
const sfn = new SFNClient();
const start = step(startTrainingTask, (task) =>
  startTraining(task, {
    mlflow: mlflowFrom(env()),
    data: new S3Store(new S3Client(), env().DATA_BUCKET),
    artifactRoot: artifactRoot(env().ARTIFACT_BUCKET),
    launcher: createLauncher(task.input.strategy),
    weights: env().SAGEMAKER_WEIGHTS,
    isRunning: (executionArn) => isExecutionRunning(sfn, executionArn),
    succeed: (taskToken, result) => sendTaskSuccess(sfn, taskToken, result),
  }),
);

/** Starts a trainer, which reports back with the task's token. */
export const handler = callback(sfn, start);
