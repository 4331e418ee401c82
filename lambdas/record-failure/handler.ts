import { z } from "zod";
import { recordFailureTask } from "../../core/contracts/pipeline.ts";
import { artifactRoot } from "../../core/mlflow/artifacts.ts";
import { environment } from "../shared/env.ts";
import { mlflowEnvironment, mlflowFrom } from "../shared/mlflow.ts";
import { step } from "../shared/step.ts";
import { recordFailure } from "./logic.ts";

const env = environment(z.object({ ...mlflowEnvironment, ARTIFACT_BUCKET: z.string().min(1) }));

/** Marks the run of a failed execution, with the reason. */
export const handler = step(recordFailureTask, (task, logger) =>
  recordFailure(task, {
    mlflow: mlflowFrom(env()),
    artifactRoot: artifactRoot(env().ARTIFACT_BUCKET),
    warn: (message) => logger.warn(message),
  }),
);
