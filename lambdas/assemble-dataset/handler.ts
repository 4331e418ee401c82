import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { assembleDatasetTask } from "../../core/contracts/pipeline.ts";
import { assembleDataset } from "../../core/dataset/assemble.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";

const env = environment(z.object({ DATA_BUCKET: z.string() }));
const s3 = new S3Client();

/** Makes one dataset of the processed chunks. */
export const handler = step(assembleDatasetTask, ({ version }) =>
  assembleDataset(new S3Store(s3, env().DATA_BUCKET), version),
);
