import { z } from "zod";
import { authorisation } from "../../aws/signed-fetch.ts";

/** The environment of a trainer: the task definition gives most of it, the image `CACHE_FOLDER`, and who starts it `JOB_KEY`. */
export const trainerEnvironment = z.object({
  DATA_BUCKET: z.string().min(1),
  ARTIFACT_BUCKET: z.string().min(1),
  AWS_REGION: z.string().min(1),
  MLFLOW_TRACKING_URI: z.url(),
  MLFLOW_AUTH: authorisation,
  /** Key of the job in the data bucket. */
  JOB_KEY: z.string().min(1),
  CACHE_FOLDER: z.string().min(1),
  HEARTBEAT_SECONDS: z.coerce.number().positive().default(30),
});
