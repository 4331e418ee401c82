import { ECSClient } from "@aws-sdk/client-ecs";
import { SageMakerClient } from "@aws-sdk/client-sagemaker";
import { SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { EcsLauncher } from "../../aws/ecs-launcher.ts";
import { SqsLauncher } from "../../aws/launchers.ts";
import { SageMakerLauncher } from "../../aws/sagemaker-launcher.ts";
import type { Strategy } from "../../core/contracts/execution.ts";
import type { Launcher } from "../../core/contracts/training.ts";
import { environment } from "../shared/env.ts";

const listed = z.string().transform((text) => text.split(","));
/** The worker of a local stack reads a queue; in the cloud trainers are ECS tasks. */
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
/** Where the stage has a GPU of its own. */
const sagemakerPlace = environment(
  z.object({
    DATA_BUCKET: z.string().min(1),
    AWS_REGION: z.string().min(1),
    SAGEMAKER_JOB_PREFIX: z.string().min(1),
    SAGEMAKER_IMAGE: z.string().min(1),
    SAGEMAKER_ROLE: z.string().min(1),
    SAGEMAKER_INSTANCE_TYPE: z.string().min(1),
    SAGEMAKER_SPOT: z.stringbool(),
    SAGEMAKER_MAX_SECONDS: z.coerce.number().int().min(1),
    SAGEMAKER_VOLUME_GIGABYTES: z.coerce.number().int().min(1),
    SAGEMAKER_TAGS: z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text))),
  }),
);

/** What starts trainers of a strategy here. @throws Error naming all that the environment lacks */
export function createLauncher(strategy: Strategy): Launcher {
  if (strategy === "sagemaker") return createSageMakerLauncher();
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

function createSageMakerLauncher(): Launcher {
  const place = sagemakerPlace();
  return new SageMakerLauncher(new SageMakerClient(), {
    prefix: place.SAGEMAKER_JOB_PREFIX,
    image: place.SAGEMAKER_IMAGE,
    role: place.SAGEMAKER_ROLE,
    instanceType: place.SAGEMAKER_INSTANCE_TYPE,
    spot: place.SAGEMAKER_SPOT,
    maxSeconds: place.SAGEMAKER_MAX_SECONDS,
    volumeGigabytes: place.SAGEMAKER_VOLUME_GIGABYTES,
    dataBucket: place.DATA_BUCKET,
    region: place.AWS_REGION,
    tags: place.SAGEMAKER_TAGS,
  });
}
