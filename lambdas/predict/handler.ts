import { Logger } from "@aws-lambda-powertools/logger";
import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { environment } from "../shared/env.ts";
import { createApi } from "./api.ts";

const env = environment(z.object({ ARTIFACT_BUCKET: z.string().min(1) }));

export const handler = createApi(() => new S3Store(new S3Client({}), env().ARTIFACT_BUCKET), new Logger());
