import { fullDiff, ResourceImpact } from "@aws-cdk/cloudformation-diff";
import { App } from "aws-cdk-lib";
import { composeStacks } from "../../../lib/compose.ts";
import { parseConfig } from "../../../lib/config.ts";
import { allStrings } from "../checks/strings.ts";
import { typeSpec } from "../deployed/spec.ts";
import type { CloudFormationTemplate, TemplateResource } from "../deployed/template.ts";
import { context } from "../stages.ts";
import type { SettingCase } from "./cases.ts";

type Templates = Map<string, CloudFormationTemplate>;

/** A resource that an update touches. */
export interface Change {
  stack: string;
  logicalId: string;
  type: string;
  effect: "replaced" | "removed" | "added" | "updated";
}

const effects: Partial<Record<ResourceImpact, Change["effect"]>> = {
  [ResourceImpact.WILL_REPLACE]: "replaced",
  [ResourceImpact.MAY_REPLACE]: "replaced",
  [ResourceImpact.WILL_DESTROY]: "removed",
  [ResourceImpact.WILL_ORPHAN]: "removed",
  [ResourceImpact.WILL_CREATE]: "added",
  [ResourceImpact.WILL_UPDATE]: "updated",
};

const rules = { "@aws-cdk/core:validateAgainstDefaultRules": true };
const synthesised = new Map<string, Templates>();

/** Templates of a configuration that CloudFormation's own rules let through. Assets are not copied. */
function synthesise(config: Record<string, unknown>): Templates {
  const key = JSON.stringify(config);
  const known = synthesised.get(key);
  if (known) return known;
  const app = new App({ context: { ...context, ...rules, "aws:cdk:disable-asset-staging": true } });
  composeStacks(app, parseConfig({ stage: "dev", ...config }, key));
  const found: Templates = new Map(app.synth().stacks.map(({ id, template }) => [id.split(" ")[0] ?? id, template]));
  synthesised.set(key, found);
  return found;
}

/** A change of a setting: the templates before and after it, and what it does there and back. */
export interface SettingChange {
  before: Templates;
  after: Templates;
  there: Change[];
  back: Change[];
}

/** What a change of a setting does. */
export function changeSetting(path: string, { base = {}, value }: SettingCase): SettingChange {
  const [before, after] = templatesAround(path, { base, value });
  return { before, after, there: changesBetween(before, after), back: changesBetween(after, before) };
}

/** Templates before and after a setting is changed. */
function templatesAround(path: string, { base = {}, value }: SettingCase): [before: Templates, after: Templates] {
  return [synthesise(base), synthesise(withSetting(base, path.split("."), value))];
}

/** A configuration with another value at a path. */
export function withSetting(
  config: Record<string, unknown>,
  [key = "", ...rest]: string[],
  value: unknown,
): Record<string, unknown> {
  const inner = (config[key] ?? {}) as Record<string, unknown>;
  return { ...config, [key]: rest.length > 0 ? withSetting(inner, rest, value) : value };
}

/** What an update from one set of templates to another does to each resource, by AWS's own schemas. */
export function changesBetween(before: Templates, after: Templates): Change[] {
  const stacks = [...new Set([...before.keys(), ...after.keys()])];
  return stacks.flatMap((stack) => {
    const changes: Change[] = [];
    fullDiff(before.get(stack) ?? {}, after.get(stack) ?? {}).resources.forEachDifference((logicalId, difference) => {
      const effect = effects[difference.changeImpact];
      const type = difference.newResourceType ?? difference.oldResourceType ?? "";
      if (effect) changes.push({ stack, logicalId, type, effect });
    });
    return changes;
  });
}

/**
 * What CloudFormation would reject in an update: an export that another stack still imports and that goes or changes, since
 * its stack is updated first, and a replaced resource whose name stays the same.
 */
export function findRejections(before: Templates, after: Templates, changes: readonly Change[]): string[] {
  const replaced = changes.filter(({ effect }) => effect === "replaced");
  const names = replaced.flatMap(({ stack, logicalId, type }) => {
    const [old, changed] = [before, after].map((templates) =>
      fixedName(templates.get(stack)?.Resources[logicalId], type),
    );
    return old !== undefined && old === changed ? [`${stack}/${logicalId} is replaced and keeps its name ${old}`] : [];
  });
  return [...names, ...findLostExports(before, after, replaced)];
}

function findLostExports(before: Templates, after: Templates, replaced: readonly Change[]): string[] {
  const imported = new Set([...before.values()].flatMap((template) => importsOf(template)));
  return [...before].flatMap(([stack, { Outputs = {} }]) =>
    Object.entries(Outputs).flatMap(([id, { Export, Value }]) => {
      const name = String(Export?.Name);
      if (!Export || !imported.has(name)) return [];
      const still = after.get(stack)?.Outputs?.[id]?.Value;
      if (JSON.stringify(still) !== JSON.stringify(Value)) return [`${stack} exports ${name} no more as it did`];
      const lost = replaced.find((change) => change.stack === stack && mentions(Value, change.logicalId));
      return lost ? [`${stack} exports ${name} of ${lost.logicalId}, which is replaced`] : [];
    }),
  );
}

const importsOf = (template: CloudFormationTemplate) =>
  allStrings(template).flatMap(({ path, value }) => (path.endsWith("Fn::ImportValue") ? [value] : []));

const mentions = (value: unknown, logicalId: string) => allStrings(value).some((found) => found.value === logicalId);

/** The name that a template gives to a resource and that nothing else of its kind may have. */
function fixedName(resource: TemplateResource | undefined, type: string): string | undefined {
  const [identifier, ...others] = typeSpec(type)?.primaryIdentifier ?? [];
  const value = identifier && others.length === 0 ? resource?.Properties?.[identifier] : undefined;
  return value === undefined ? undefined : JSON.stringify(value);
}
