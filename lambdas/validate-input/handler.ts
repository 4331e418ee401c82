import { z } from "zod";
import { strategies } from "../../core/contracts/execution.ts";
import { validateInputTask } from "../../core/contracts/pipeline.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { validateExecution } from "./logic.ts";

const env = environment(
  z.object({
    DATA_BUCKET: z.string().min(1),
    /** Those that the stage has, with commas between them. */
    STRATEGIES: z
      .string()
      .transform((text) => text.split(","))
      .pipe(z.array(z.enum(strategies))),
  }),
);

/** First state: what the execution was given, with every default filled in. */
export const handler = step(validateInputTask, async ({ input }) =>
  validateExecution(input, { strategies: env().STRATEGIES, dataBucket: env().DATA_BUCKET }),
);
