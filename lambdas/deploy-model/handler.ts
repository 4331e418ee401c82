import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { authorisation, fetchWith } from "../../aws/signed-fetch.ts";
import { deployModelTask } from "../../core/contracts/pipeline.ts";
import { reloadApi } from "../../core/serving/reload.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { deployModel } from "./logic.ts";

const env = environment(
  z.object({ ...mlflowEnvironment, ARTIFACT_BUCKET: z.string().min(1), API_URL: z.url(), API_AUTH: authorisation }),
);
const s3 = new S3Client();

/** Publishes the champion and has the API load it. */
export const handler = step(deployModelTask, (task) => {
  const { ARTIFACT_BUCKET, API_AUTH, API_URL, AWS_REGION } = env();
  return deployModel(task, {
    mlflow: mlflowFrom(env()),
    artifacts: { name: ARTIFACT_BUCKET, store: new S3Store(s3, ARTIFACT_BUCKET) },
    reload: (manifest) => reloadApi(API_URL, fetchWith(API_AUTH, AWS_REGION), manifest),
  });
});
