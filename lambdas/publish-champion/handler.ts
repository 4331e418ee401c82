import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { publishManifest } from "../../core/serving/publish.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";

const env = environment(
  z.object({ ...mlflowEnvironment, ARTIFACT_BUCKET: z.string().min(1), MODEL_NAME: z.string().min(1) }),
);
const s3 = new S3Client();

/** A reload does not wait until MLflow has started: the gateway would not either. Milliseconds. */
const mlflowTimeouts = { timeout: 6_000, attempts: 2, maxWait: 10_000 };

/**
 * Publishes what the alias `champion` names in MLflow. A reload calls it, so that the public predict Lambda needs no right
 * to write what it serves. It takes nothing from its caller.
 */
export const handler = step(z.unknown(), () => {
  const { ARTIFACT_BUCKET: name, MODEL_NAME } = env();
  const clients = { mlflow: mlflowFrom(env(), mlflowTimeouts), artifacts: { name, store: new S3Store(s3, name) } };
  return publishManifest(MODEL_NAME, clients);
});
