import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { isExecutionRunning, startExecutionOnce } from "../../aws/state-machine.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { startOnNewData } from "./logic.ts";

const env = environment(
  z.object({
    RAW_BUCKET: z.string().min(1),
    DATA_BUCKET: z.string().min(1),
    STATE_MACHINE_ARN: z.string().min(1),
    QUIET_MINUTES: z.coerce.number().positive(),
  }),
);
const s3 = new S3Client();
const sfn = new SFNClient();
const messages = z.object({ Records: z.array(z.object({ messageId: z.string() })) });

/** New objects in the raw bucket, a while after they came. A message that must wait goes back to the queue. */
export const handler = step(messages, async ({ Records }, logger) => {
  const { RAW_BUCKET, DATA_BUCKET, STATE_MACHINE_ARN, QUIET_MINUTES } = env();
  const outcome = await startOnNewData(QUIET_MINUTES, {
    raw: new S3Store(s3, RAW_BUCKET),
    data: new S3Store(s3, DATA_BUCKET),
    isRunning: (executionArn) => isExecutionRunning(sfn, executionArn),
    start: (name) => startExecutionOnce(sfn, STATE_MACHINE_ARN, name),
  });
  logger.info(`new data: ${outcome}`, { messages: Records.length });
  // One is enough to ask again.
  const waiting = outcome === "later" ? Records.slice(0, 1) : [];
  return { batchItemFailures: waiting.map(({ messageId }) => ({ itemIdentifier: messageId })) };
});
