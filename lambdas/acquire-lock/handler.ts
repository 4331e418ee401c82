import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { S3Store } from "../../aws/s3-store.ts";
import { isExecutionRunning } from "../../aws/state-machine.ts";
import { lockTask } from "../../core/contracts/pipeline.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { acquireRetrainingLock } from "./logic.ts";

const env = environment(z.object({ DATA_BUCKET: z.string().min(1) }));
const s3 = new S3Client();
const sfn = new SFNClient();

/** Lets one retraining go on and says to any other why it does not. */
export const handler = step(lockTask, ({ executionArn }) =>
  acquireRetrainingLock(executionArn, new S3Store(s3, env().DATA_BUCKET), (arn) => isExecutionRunning(sfn, arn)),
);
