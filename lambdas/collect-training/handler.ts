import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { collectTrainingTask } from "../../core/contracts/kaggle.ts";
import { environment } from "../shared/env.ts";
import { flagFromEnv, kaggleEnvironment, kaggleFrom } from "../shared/kaggle.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { deleteKernel } from "./clean-up.ts";
import { collectTraining } from "./logic.ts";
import { listOutputs, listStoredOutputs } from "./outputs.ts";

const env = environment(
  z.object({
    ...mlflowEnvironment,
    ...kaggleEnvironment,
    DATA_BUCKET: z.string().min(1),
    ARTIFACT_BUCKET: z.string().min(1),
    KAGGLE_KEEP_KERNELS: flagFromEnv,
  }),
);
const s3 = new S3Client();

/** Takes what the notebook left into MLflow. */
export const handler = step(collectTrainingTask, async (task) => {
  const data = new S3Store(s3, env().DATA_BUCKET);
  const { kernel } = task;
  const result = await collectTraining(task, {
    listOutputs: async () =>
      "slug" in kernel ? listOutputs(await kaggleFrom(env()), kernel) : listStoredOutputs(data, kernel.runId),
    mlflow: mlflowFrom(env()),
    data,
    secondLook: 15_000,
    artifacts: { name: env().ARTIFACT_BUCKET, store: new S3Store(s3, env().ARTIFACT_BUCKET) },
  });
  if ("slug" in kernel && !env().KAGGLE_KEEP_KERNELS) await deleteKernel(await kaggleFrom(env()), kernel);
  return result;
});
