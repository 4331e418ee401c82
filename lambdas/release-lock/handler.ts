import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { lockTask } from "../../core/contracts/pipeline.ts";
import { releaseLock } from "../../core/retraining-lock.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";

const env = environment(z.object({ DATA_BUCKET: z.string().min(1) }));
const s3 = new S3Client();

/** Lets the next retraining begin. */
export const handler = step(lockTask, async ({ executionArn }) => ({
  released: await releaseLock(new S3Store(s3, env().DATA_BUCKET), executionArn),
}));
