import { z } from "zod";

/**
 * Reads the environment of one Lambda once, through its schema. All problems are reported together; only success is kept,
 * so a corrected environment is seen by the next call.
 */
export function environment<T extends z.ZodType>(schema: T): () => z.infer<T> {
  let cached: z.infer<T> | undefined;
  return () => {
    if (cached === undefined) {
      const parsed = schema.safeParse(process.env);
      if (!parsed.success) throw new Error(`The environment is incomplete:\n${z.prettifyError(parsed.error)}`);
      cached = parsed.data;
    }
    return cached as z.infer<T>;
  };
}
