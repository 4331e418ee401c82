import { z } from "zod";
import { validateInputTask } from "../../core/contracts/pipeline.ts";
import { environment } from "../shared/env.ts";
import { step } from "../shared/step.ts";
import { validateExecution } from "./logic.ts";

const env = environment(z.object({ DATA_BUCKET: z.string().min(1) }));

/** First state: what the execution was given, with every default filled in. */
export const handler = step(validateInputTask, async ({ input }) => validateExecution(input, env().DATA_BUCKET));
