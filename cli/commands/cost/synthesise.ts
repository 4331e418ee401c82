import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { InvalidInputError } from "../../../core/errors.ts";
import { composeStacks } from "../../../lib/compose.ts";
import { type CloudConfig, isLocal, parseConfig, readConfig } from "../../../lib/config.ts";
import type { Resource } from "./charge.ts";

export type { CloudConfig };

/**
 * Configuration of a stage in an account, with settings that replace those of its file; null removes one.
 * @throws Error when there is no such stage, or a setting is wrong
 */
export function readCloudConfig(stage: string, settings: Record<string, unknown> = {}): CloudConfig {
  const config = parseConfig({ ...merge(readConfig(stage, {}), settings), stage }, `Stage ${stage} with --set`);
  if (isLocal(config)) throw new InvalidInputError("Stage 'local' runs on this machine and costs nothing.");
  return config;
}

function merge(into: object, settings: object): object {
  const merged = Object.entries(settings).map(([key, value]) => {
    const present = (into as Record<string, unknown>)[key];
    const nested = typeof value === "object" && value !== null && !Array.isArray(value);
    return [key, nested && typeof present === "object" && present !== null ? merge(present, value) : value];
  });
  return Object.fromEntries(
    Object.entries({ ...into, ...Object.fromEntries(merged) }).filter(([, value]) => value !== null),
  );
}

/** The resources of a stage, as `cdk synth` would write them. Nothing stays on disk. */
export function synthesiseResources(config: CloudConfig): Resource[] {
  const { context } = JSON.parse(readFileSync(new URL("../../../cdk.json", import.meta.url), "utf8"));
  const outdir = mkdtempSync(join(tmpdir(), "avocado-cost-"));
  try {
    // Copies of what is deployed would take 100 MB each time.
    const app = new App({ context: { ...context, "aws:cdk:disable-asset-staging": true }, outdir });
    composeStacks(app, config);
    return app.synth().stacksRecursively.flatMap(({ template }) => resourcesOf(template));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The resources of one template. */
function resourcesOf(template: { Resources?: Record<string, unknown> }): Resource[] {
  const resources = (template.Resources ?? {}) as Record<string, { Type: string; Properties?: Resource["properties"] }>;
  const neighbours = new Map<string, Resource>();
  for (const [id, { Type, Properties = {} }] of Object.entries(resources)) {
    neighbours.set(id, { id, type: Type, properties: Properties, neighbours });
  }
  return [...neighbours.values()];
}
