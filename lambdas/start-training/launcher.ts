import { ECSClient } from "@aws-sdk/client-ecs";
import { SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { EcsLauncher } from "../../aws/ecs-launcher.ts";
import { SqsLauncher } from "../../aws/launchers.ts";
import type { Launcher } from "../../core/contracts/training.ts";
import { environment } from "../shared/env.ts";

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

/** What starts trainers here. @throws Error naming all that the environment lacks */
export function createLauncher(): Launcher {
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
