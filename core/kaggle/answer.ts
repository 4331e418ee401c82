import { z } from "zod";

/**
 * A field of an answer that Kaggle leaves out or gives as null where it is empty
 * (github.com/Kaggle/kaggle-cli/issues/345 shows a SaveKernel answer with null in all fields but the error).
 */
export function optionalField<T>(schema: z.ZodType<T>, otherwise: T): z.ZodType<T> {
  return schema.nullish().transform((value) => value ?? otherwise) as z.ZodType<T>;
}

export const optionalText: z.ZodType<string> = optionalField(z.string(), "");
