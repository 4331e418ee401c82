import { z } from "zod";
import { checkKernelTask } from "../../core/contracts/kaggle.ts";
import { environment } from "../shared/env.ts";
import { kaggleEnvironment, kaggleFrom, secondsFromEnv } from "../shared/kaggle.ts";
import { step } from "../shared/step.ts";
import { checkKernel } from "./logic.ts";

const env = environment(
  z.object({
    ...kaggleEnvironment,
    KAGGLE_WAIT_SECONDS: secondsFromEnv,
    KAGGLE_QUEUE_TIMEOUT_SECONDS: secondsFromEnv,
    KAGGLE_RUN_TIMEOUT_SECONDS: secondsFromEnv,
  }),
);

/** Says how the kernel stands. */
export const handler = step(checkKernelTask, async (task) =>
  checkKernel(task, {
    kaggle: await kaggleFrom(env()),
    waitSeconds: env().KAGGLE_WAIT_SECONDS,
    queueTimeoutSeconds: env().KAGGLE_QUEUE_TIMEOUT_SECONDS,
    runTimeoutSeconds: env().KAGGLE_RUN_TIMEOUT_SECONDS,
  }),
);
