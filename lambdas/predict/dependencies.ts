import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import type { ApiDependencies } from "../../api/dependencies.ts";
import { S3Store } from "../../aws/s3-store.ts";
import { bootstrapModel } from "../shared/bootstrap.ts";
import { environment } from "../shared/env.ts";
import { createUploads } from "./uploads.ts";

const env = environment(
  z.object({
    ARTIFACT_BUCKET: z.string().min(1),
    UPLOAD_BUCKET: z.string().min(1),
    /** The function that publishes the champion. */
    PUBLISH_FUNCTION: z.string().min(1),
    REVISION: z.string().default("development"),
    /** Lambda sets it. */
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().default(1769),
  }),
);

/** Lambda gives one core for each 1769 MB. */
const megabytesPerCore = 1769;

/** With three attempts an S3 that says nothing is given up before the gateway gives up, after 30 s. */
const s3Timeouts = {
  connectionTimeout: 2_000,
  requestTimeout: 5_000,
  // Without it a timeout is only a line in the log.
  throwOnRequestTimeout: true,
  // For an answer that falls silent half way.
  socketTimeout: 5_000,
};

/** Milliseconds for publishing, so that loading fits into the gateway's 30 s too. */
const publishTimeout = 20_000;

/** What the API works with in AWS. Thrown when the environment lacks something: an `Error` that names all of it */
export function createDependencies(): ApiDependencies {
  const settings = env();
  const s3 = new S3Client({ requestHandler: s3Timeouts });
  const store = new S3Store(s3, settings.ARTIFACT_BUCKET);
  const uploaded = new S3Store(s3, settings.UPLOAD_BUCKET);
  return {
    store,
    // Its client's code is loaded by the first reload, not before the first answer.
    republish: async () =>
      (await import("../../aws/invoke-function.ts")).invokeFunction(settings.PUBLISH_FUNCTION, publishTimeout),
    uploads: createUploads(s3, settings.UPLOAD_BUCKET, uploaded),
    revision: settings.REVISION,
    model: {
      threads: Math.ceil(settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE / megabytesPerCore),
      cacheFolder: join(tmpdir(), "avocado-models"),
      bootstrap: bootstrapModel,
    },
  };
}
