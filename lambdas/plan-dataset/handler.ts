import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { planDatasetTask } from "../../core/contracts/pipeline.ts";
import { planDataset } from "../../core/dataset/plan.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";

const env = environment(z.object({ DATA_BUCKET: z.string() }));
const s3 = new S3Client();

/** Labels and splits the rows, and lists the chunks to process. */
export const handler = step(planDatasetTask, ({ fetched }) => planDataset(new S3Store(s3, env().DATA_BUCKET), fetched));
