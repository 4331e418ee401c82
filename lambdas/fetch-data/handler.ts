import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { explainExternalError, openExternalStore } from "../../aws/external-store.ts";
import { S3Store } from "../../aws/s3-store.ts";
import { fetchDataTask } from "../../core/contracts/pipeline.ts";
import { environment } from "../shared/env.ts";
import { orNoData } from "../shared/no-data.ts";
import { step } from "../shared/step.ts";
import { fetchNamedData } from "./logic.ts";

const env = environment(
  z.object({ RAW_BUCKET: z.string(), DATA_BUCKET: z.string(), RAW_DATA_SECRET: z.string().min(1).optional() }),
);
const s3 = new S3Client();
const secrets = new SecretsManagerClient();

/** Reads the raw dataset once and leaves its photographs in chunks. */
export const handler = step(fetchDataTask, ({ data: named }) => {
  const { RAW_BUCKET, DATA_BUCKET, RAW_DATA_SECRET: secret } = env();
  const fetched = fetchNamedData(named, {
    raw: { bucket: RAW_BUCKET, store: new S3Store(s3, RAW_BUCKET) },
    data: new S3Store(s3, DATA_BUCKET),
    ...(secret && {
      external: {
        open: (bucket) => openExternalStore(secrets, secret, bucket),
        explain: (error, address) => explainExternalError(error, address, secret),
      },
    }),
  });
  return orNoData(fetched);
});
