/** A string in a value, and where. */
export interface FoundString {
  path: string;
  value: string;
}

/** Every string in a value, however deep. */
export function allStrings(value: unknown, path = ""): FoundString[] {
  if (typeof value === "string") return [{ path, value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => allStrings(item, path ? `${path}.${key}` : key));
}
