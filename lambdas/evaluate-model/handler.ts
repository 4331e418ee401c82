import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { announceWith } from "../../aws/champion-events.ts";
import { S3Store } from "../../aws/s3-store.ts";
import { promotionMetric } from "../../core/contracts/model.ts";
import { evaluateModelTask } from "../../core/contracts/pipeline.ts";
import { bootstrapModel } from "../shared/bootstrap.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { evaluateModel } from "./logic.ts";

const env = environment(
  z.object({
    ...mlflowEnvironment,
    DATA_BUCKET: z.string().min(1),
    ARTIFACT_BUCKET: z.string().min(1),
    PROMOTION_METRIC: promotionMetric.default("mse"),
  }),
);
const s3 = new S3Client();
const events = new EventBridgeClient();

/** Judges the challenger against the champion. */
export const handler = step(evaluateModelTask, (task, logger) => {
  const { ARTIFACT_BUCKET, DATA_BUCKET, PROMOTION_METRIC } = env();
  return evaluateModel(task, {
    mlflow: mlflowFrom(env()),
    data: new S3Store(s3, DATA_BUCKET),
    artifacts: { name: ARTIFACT_BUCKET, store: new S3Store(s3, ARTIFACT_BUCKET) },
    metric: PROMOTION_METRIC,
    announce: announceWith(events, (message) => logger.warn(message)),
    bootstrap: bootstrapModel,
  });
});
