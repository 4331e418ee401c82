import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { sendTaskFailure } from "../../aws/state-machine.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { reportStoppedTrainer, stoppedTask } from "./logic.ts";

const env = environment(z.object({ DATA_BUCKET: z.string().min(1) }));
const s3 = new S3Client();
const sfn = new SFNClient();

/** Tells the state machine of a trainer that ended without a word. */
export const handler = step(stoppedTask, async ({ detail }) => {
  const error = await reportStoppedTrainer(detail, new S3Store(s3, env().DATA_BUCKET), (taskToken, reason) =>
    sendTaskFailure(sfn, taskToken, reason),
  );
  return error ? { error: error.name, reason: error.message } : { error: null };
});
