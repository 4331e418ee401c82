import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { uploadDatasetTask } from "../../core/contracts/kaggle.ts";
import { environment } from "../shared/env.ts";
import { flagFromEnv, kaggleEnvironment, kaggleFrom, secondsFromEnv } from "../shared/kaggle.ts";
import { step } from "../shared/step.ts";
import { uploadDataset } from "./logic.ts";

const env = environment(
  z.object({
    ...kaggleEnvironment,
    KAGGLE_GPU: flagFromEnv,
    DATA_BUCKET: z.string().min(1),
    KAGGLE_DATASET_SLUG: z.string().min(1),
    KAGGLE_DATASET_TITLE: z.string().min(1),
    KAGGLE_DATASET_LICENCE: z.string().min(1),
    KAGGLE_DATASET_KEEP_VERSIONS: flagFromEnv,
    KAGGLE_WAIT_SECONDS: secondsFromEnv,
    KAGGLE_DATASET_TIMEOUT_SECONDS: secondsFromEnv,
  }),
);

/** Makes the dataset a version on Kaggle, unless it is there. */
export const handler = step(uploadDatasetTask, async (task) =>
  uploadDataset(task, {
    kaggle: await kaggleFrom(env()),
    data: new S3Store(new S3Client(), env().DATA_BUCKET),
    dataset: {
      slug: env().KAGGLE_DATASET_SLUG,
      title: env().KAGGLE_DATASET_TITLE,
      licence: env().KAGGLE_DATASET_LICENCE,
      keepVersions: env().KAGGLE_DATASET_KEEP_VERSIONS,
    },
    gpu: env().KAGGLE_GPU,
    waitSeconds: env().KAGGLE_WAIT_SECONDS,
    timeoutSeconds: env().KAGGLE_DATASET_TIMEOUT_SECONDS,
  }),
);
