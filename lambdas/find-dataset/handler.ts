import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { findDataset } from "../../core/dataset/latest.ts";
import { environment } from "../shared/env.ts";
import { orNoData } from "../shared/no-data.ts";
import { step } from "../shared/step.ts";

const env = environment(z.object({ DATA_BUCKET: z.string() }));
const s3 = new S3Client();

/** Finds the newest dataset, for a run without new data. */
export const handler = step(z.object({}), () => orNoData(findDataset(new S3Store(s3, env().DATA_BUCKET))));
