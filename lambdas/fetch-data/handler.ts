import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { fetchDataTask } from "../../core/contracts/pipeline.ts";
import { fetchData } from "../../core/dataset/fetch.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";

const env = environment(z.object({ RAW_BUCKET: z.string(), DATA_BUCKET: z.string() }));
const s3 = new S3Client();

/** Reads the raw data set once and leaves its photographs in chunks. */
export const handler = step(fetchDataTask, async ({ data: key }) => {
  const { RAW_BUCKET, DATA_BUCKET } = env();
  return fetchData({ raw: new S3Store(s3, RAW_BUCKET), data: new S3Store(s3, DATA_BUCKET), key });
});
