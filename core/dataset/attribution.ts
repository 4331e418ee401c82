import type { DatasetSource } from "../contracts/dataset.ts";

/** Whom the photographs of a source are owed to, in a sentence that goes with what is made of them. */
export function attributionOf({ attribution, title, doi, licence }: DatasetSource): string | undefined {
  if (attribution) return attribution;
  if (!title && !doi) return undefined;
  return [title, doi && `https://doi.org/${doi}`, licence && `licence ${licence}`].filter(Boolean).join(", ");
}
