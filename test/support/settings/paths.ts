import { configJsonSchema } from "../../../lib/config.ts";

interface Schema {
  properties?: Record<string, Schema>;
  default?: unknown;
}

/** A setting of a stage: its path, and what it is where a stage's file does not say. */
export interface Setting {
  path: string;
  default: unknown;
}

/** Every setting that can be changed by itself: single values, and groups of values that a stage may leave out. */
export function listSettings(schema: Schema = configJsonSchema() as Schema, prefix = ""): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, setting]) => {
    const path = `${prefix}${name}`;
    const own = !setting.properties || setting.default === undefined ? [{ path, default: setting.default }] : [];
    return [...own, ...listSettings(setting, `${path}.`)];
  });
}
