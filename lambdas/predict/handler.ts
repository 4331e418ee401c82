import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { publishManifest } from "../../core/serving/publish.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { type ApiBase, createApi } from "./api.ts";
import { createUploads } from "./uploads.ts";

const env = environment(
  z.object({
    ...mlflowEnvironment,
    ARTIFACT_BUCKET: z.string().min(1),
    UPLOAD_BUCKET: z.string().min(1),
    MODEL_NAME: z.string().min(1),
    REVISION: z.string().default("development"),
    /** Lambda sets it. */
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().default(1769),
  }),
);

/** Lambda gives one core for each 1769 MB. */
const megabytesPerCore = 1769;

function open(): ApiBase {
  const settings = env();
  const s3 = new S3Client({ requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 } });
  const store = new S3Store(s3, settings.ARTIFACT_BUCKET);
  const uploaded = new S3Store(s3, settings.UPLOAD_BUCKET);
  return {
    store,
    republish: () =>
      publishManifest(settings.MODEL_NAME, {
        mlflow: mlflowFrom(settings),
        artifacts: { name: settings.ARTIFACT_BUCKET, store },
      }),
    uploads: createUploads(s3, settings.UPLOAD_BUCKET, uploaded),
    revision: settings.REVISION,
    model: {
      threads: Math.ceil(settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE / megabytesPerCore),
      cacheFolder: join(tmpdir(), "avocado-models"),
    },
  };
}

const api = createApi(open, new Logger(), new Metrics({ namespace: "Avocado" }));

// Begins while Lambda is still starting this instance, before there is a request; what fails here is told to those who ask.
api.warmUp().catch(() => undefined);

export const handler = api.handler;
