import type { z } from "zod";
import { parseEnvironment } from "../../core/environment.ts";

/**
 * Reads the environment of one Lambda once, through its schema. Only success is kept, so a corrected environment is seen by
 * the next call.
 */
export function environment<T extends z.ZodType>(schema: T): () => z.infer<T> {
  let cached: z.infer<T> | undefined;
  return () => {
    cached ??= parseEnvironment(schema, process.env);
    return cached as z.infer<T>;
  };
}
