import { z } from "zod";

/** Reads environment variables through a schema. @throws Error naming every problem at once */
export function parseEnvironment<S extends z.ZodType>(
  schema: S,
  variables: Record<string, string | undefined>,
): z.infer<S> {
  const parsed = schema.safeParse(variables);
  if (!parsed.success) throw new Error(`The environment is incomplete:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
