import { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import { z } from "zod";
import { InvalidInputError } from "../../core/errors.ts";

const logger = new Logger();

/**
 * A task of the state machine: checks the event, runs the step, logs one line at each end. An error keeps its name, which
 * the state machine's Retry and Catch match.
 */
export function step<S extends z.ZodType, R>(
  schema: S,
  run: (task: z.infer<S>, logger: Logger) => Promise<R>,
): (event: unknown, context: Context) => Promise<R> {
  return async (event, context) => {
    logger.addContext(context);
    const parsed = schema.safeParse(event);
    if (!parsed.success) throw new InvalidInputError(`The step's input is wrong:\n${z.prettifyError(parsed.error)}`);
    const started = performance.now();
    try {
      const result = await run(parsed.data, logger);
      logger.info("step finished", { milliseconds: Math.round(performance.now() - started), result });
      return result;
    } catch (error) {
      logger.error("step failed", error as Error);
      throw error;
    }
  };
}
