import { z } from "zod";
import { openFields } from "./fields.ts";

interface JsonSchema {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  maxItems?: number;
  maxLength?: number;
  additionalProperties?: JsonSchema | boolean;
}

/** A number in JSON: sign, 17 digits, point and exponent. */
const numberBytes = 24;
/** A character in JSON: \u0000 has 6 bytes, and no character of UTF-8 more. */
const characterBytes = 6;

/**
 * Bytes that a value of a contract has at most as JSON.
 * @throws Error naming a field that neither the contract nor `openFields` bounds
 */
export function largest(contract: z.ZodType): number {
  return bytesOf(z.toJSONSchema(contract, { unrepresentable: "any" }) as JsonSchema, "(the whole)");
}

function bytesOf(schema: JsonSchema, field: string): number {
  const given = openFields[field];
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return Math.max(...alternatives.map((one) => bytesOf(one, field)));
  if (schema.const !== undefined) return JSON.stringify(schema.const).length;
  if (schema.enum) return Math.max(...schema.enum.map((value) => JSON.stringify(value).length));
  if (Array.isArray(schema.type)) return Math.max(...schema.type.map((type) => bytesOf({ ...schema, type }, field)));
  switch (schema.type) {
    case "null":
      return "null".length;
    case "boolean":
      return "false".length;
    case "integer":
    case "number":
      return numberBytes;
    case "object":
      return objectBytes(schema, field);
    case "array": {
      const items = schema.maxItems ?? given?.entries ?? unbounded(field);
      return "[]".length + items * (bytesOf(schema.items ?? {}, field) + 1);
    }
    case "string": {
      if (schema.format === "date-time") return '"2026-01-01T00:00:00.000000Z"'.length;
      if (schema.maxLength !== undefined) return 2 + schema.maxLength * characterBytes;
      return 2 + (given?.bytes ?? unbounded(field));
    }
    default:
      return given?.bytes ?? unbounded(field);
  }
}

function objectBytes({ properties = {}, additionalProperties }: JsonSchema, field: string): number {
  const entries = Object.entries(properties).map(([name, value]) => name.length + 4 + bytesOf(value, name));
  const fixed = "{}".length + entries.reduce((sum, bytes) => sum + bytes, 0);
  if (typeof additionalProperties !== "object") return fixed;
  const { entries: count, bytes: name } = openFields[field] ?? unbounded(field);
  return fixed + (count ?? unbounded(field)) * (name + 4 + bytesOf(additionalProperties, field));
}

function unbounded(field: string): never {
  throw new Error(`Nothing says how large '${field}' can become: bound it in its contract or name it in openFields`);
}
