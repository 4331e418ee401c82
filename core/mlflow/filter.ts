import { InvalidInputError } from "../errors.ts";

/**
 * A condition of MLflow's search: `field` as MLflow writes it, such as "name" or "tags.`dataset.version`".
 * @throws InvalidInputError for a value with both kinds of quotation marks, which MLflow cannot take
 */
export function equals(field: string, value: string): string {
  const quote = value.includes("'") ? '"' : "'";
  if (value.includes(quote)) throw new InvalidInputError(`MLflow cannot search for ${value}: it mixes ' and "`);
  return `${field} = ${quote}${value}${quote}`;
}
