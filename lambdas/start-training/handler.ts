import { ECSClient } from "@aws-sdk/client-ecs";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { EcsLauncher } from "../../aws/ecs-launcher.ts";
import { SqsLauncher } from "../../aws/launchers.ts";
import { S3Store } from "../../aws/s3-store.ts";
import { isExecutionRunning, sendTaskSuccess } from "../../aws/state-machine.ts";
import { startTrainingTask } from "../../core/contracts/pipeline.ts";
import type { Launcher } from "../../core/contracts/training.ts";
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
  }),
);
const listed = z.string().transform((text) => text.split(","));
/** A worker beside a local stack reads a queue; in the cloud trainers are ECS tasks. */
const trainerPlace = environment(
  z.discriminatedUnion("TRAINER_LAUNCHER", [
    z.object({ TRAINER_LAUNCHER: z.literal("sqs"), TRAINING_QUEUE_URL: z.url() }),
    z.object({
      TRAINER_LAUNCHER: z.literal("ecs"),
      TRAINER_CLUSTER: z.string().min(1),
      TRAINER_TASK: z.string().min(1),
      TRAINER_CONTAINER: z.string().min(1),
      TRAINER_SUBNETS: listed,
      TRAINER_SECURITY_GROUP: z.string().min(1),
    }),
  ]),
);
const sfn = new SFNClient();
const start = step(startTrainingTask, (task) =>
  startTraining(task, {
    mlflow: mlflowFrom(env()),
    data: new S3Store(new S3Client(), env().DATA_BUCKET),
    artifactRoot: artifactRoot(env().ARTIFACT_BUCKET),
    launcher: createLauncher(),
    isRunning: (executionArn) => isExecutionRunning(sfn, executionArn),
    succeed: (taskToken, result) => sendTaskSuccess(sfn, taskToken, result),
  }),
);

function createLauncher(): Launcher {
  const place = trainerPlace();
  if (place.TRAINER_LAUNCHER === "sqs") return new SqsLauncher(new SQSClient(), place.TRAINING_QUEUE_URL);
  return new EcsLauncher(new ECSClient(), {
    cluster: place.TRAINER_CLUSTER,
    taskDefinition: place.TRAINER_TASK,
    container: place.TRAINER_CONTAINER,
    subnets: place.TRAINER_SUBNETS,
    securityGroups: [place.TRAINER_SECURITY_GROUP],
  });
}

/** Starts a trainer, which reports back with the task's token. */
export const handler = callback(sfn, start);
