import { validateInputTask } from "../../core/contracts/pipeline.ts";
import { step } from "../shared/step.ts";
import { validateExecution } from "./logic.ts";

/** First state: what the execution was given, with every default filled in. */
export const handler = step(validateInputTask, async ({ input }) => validateExecution(input));
