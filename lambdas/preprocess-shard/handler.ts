import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { shardItem } from "../../core/contracts/pipeline.ts";
import { preprocessShard } from "../../core/dataset/preprocess.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";

const env = environment(z.object({ DATA_BUCKET: z.string() }));
const s3 = new S3Client();

/** Decodes the photographs of a range of chunks into shards. */
export const handler = step(shardItem, (item) => preprocessShard(new S3Store(s3, env().DATA_BUCKET), item));
