import { SFNClient } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { isExecutionRunning } from "../../aws/state-machine.ts";
import { pushKernelTask } from "../../core/contracts/kaggle.ts";
import { artifactRoot } from "../../core/mlflow/artifacts.ts";
import notebook from "../../training/kaggle/train.ipynb";
import { environment } from "../shared/env.ts";
import { flagFromEnv, kaggleEnvironment, kaggleFrom, secondsFromEnv, trackingFrom } from "../shared/kaggle.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { pushKernel } from "./logic.ts";

const env = environment(
  z.object({
    ...mlflowEnvironment,
    ...kaggleEnvironment,
    KAGGLE_GPU: flagFromEnv,
    ARTIFACT_BUCKET: z.string().min(1),
    KAGGLE_KERNEL_PREFIX: z.string().min(1),
    KAGGLE_MACHINE_SHAPE: z.string().min(1),
    KAGGLE_WEIGHTS: z.enum(["imagenet", "none"]),
    KAGGLE_WAIT_SECONDS: secondsFromEnv,
    KAGGLE_QUEUE_TIMEOUT_SECONDS: secondsFromEnv,
    KAGGLE_RUN_TIMEOUT_SECONDS: secondsFromEnv,
    /** An MLflow that kernels can reach. */
    KAGGLE_TRACKING_URI: z.url().optional(),
  }),
);
const sfn = new SFNClient();

/** Has Kaggle train, unless it does already. */
export const handler = step(pushKernelTask, async (task) => {
  const { KAGGLE_TRACKING_URI: uri } = env();
  return pushKernel(task, {
    kaggle: await kaggleFrom(env()),
    mlflow: mlflowFrom(env()),
    artifactRoot: artifactRoot(env().ARTIFACT_BUCKET),
    isRunning: (executionArn) => isExecutionRunning(sfn, executionArn),
    notebook,
    waitSeconds: env().KAGGLE_WAIT_SECONDS,
    queueTimeoutSeconds: env().KAGGLE_QUEUE_TIMEOUT_SECONDS,
    settings: {
      prefix: env().KAGGLE_KERNEL_PREFIX,
      gpu: env().KAGGLE_GPU,
      machineShape: env().KAGGLE_MACHINE_SHAPE,
      weights: env().KAGGLE_WEIGHTS,
      timeout: env().KAGGLE_RUN_TIMEOUT_SECONDS,
      ...(uri && { tracking: await trackingFrom(env(), uri) }),
    },
  });
});
