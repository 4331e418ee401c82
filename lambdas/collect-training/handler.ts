import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { collectTrainingTask } from "../../core/contracts/kaggle.ts";
import { environment } from "../shared/env.ts";
import { kaggleEnvironment, kaggleFrom } from "../shared/kaggle.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { collectTraining } from "./logic.ts";
import { listOutputs, listStoredOutputs } from "./outputs.ts";

const env = environment(
  z.object({
    ...mlflowEnvironment,
    ...kaggleEnvironment,
    DATA_BUCKET: z.string().min(1),
    ARTIFACT_BUCKET: z.string().min(1),
  }),
);
const s3 = new S3Client();

/** Takes what the notebook left into MLflow. */
export const handler = step(collectTrainingTask, async (task) => {
  const data = new S3Store(s3, env().DATA_BUCKET);
  const { kernel } = task;
  return collectTraining(task, {
    listOutputs: async () =>
      "slug" in kernel ? listOutputs(await kaggleFrom(env()), kernel) : listStoredOutputs(data, kernel.runId),
    mlflow: mlflowFrom(env()),
    data,
    artifacts: { name: env().ARTIFACT_BUCKET, store: new S3Store(s3, env().ARTIFACT_BUCKET) },
  });
});
