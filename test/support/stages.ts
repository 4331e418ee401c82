import { readFileSync } from "node:fs";
import { App, type Stack, Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { composeStacks } from "../../lib/compose.ts";
import { listStages, parseConfig, readConfig, type StageConfig } from "../../lib/config.ts";
import { RememberingChecks } from "./checks/acknowledgements.ts";

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates are what is being tested, and have no types
  Properties: any;
  DeletionPolicy?: string;
}

/** The stages that have a file. */
export const stages = listStages();

export interface SynthesisedStage {
  stacks: readonly Stack[];
  template(stack: string): Template;
  /** Resources of a type in all stacks, by logical id. */
  resources(type: string): [id: string, resource: Resource][];
  /** Acknowledgements of findings of the security rules that are not there. */
  deadAcknowledgements: readonly string[];
}

/** The feature flags of `cdk.json`. */
export const { context } = JSON.parse(readFileSync(new URL("../../cdk.json", import.meta.url), "utf8"));
const synthesised = new Map<string, SynthesisedStage>();

/** The templates of a stage that has a file. Made once in a test file. */
export function synthesise(stage: string, options: SynthesisOptions = {}): SynthesisedStage {
  const known = synthesised.get(stage);
  if (known) return known;
  const found = synthesiseConfig(readConfig(stage, {}), options);
  synthesised.set(stage, found);
  return found;
}

/** The templates of a stage with strategy `sagemaker`, which no stage's file has. Made once in a test file. */
export function synthesiseGpuStage(options: SynthesisOptions = {}): SynthesisedStage {
  const key = `gpu ${JSON.stringify(options)}`;
  const config = parseConfig({ stage: "gpu", sagemaker: {} }, "test");
  const known = synthesised.get(key) ?? synthesiseConfig(config, options);
  synthesised.set(key, known);
  return known;
}

interface SynthesisOptions {
  /** CloudFormation's own rules take seconds, so only one test asks for them. */
  cloudFormationRules?: boolean;
  /** What is deployed, copied as it will be: 120 MB and a second, so only who looks at it asks for it. */
  assets?: boolean;
}

/**
 * The templates of a configuration, made as `cdk synth` makes them, with the security rules on: a finding that nobody
 * acknowledged makes it throw.
 */
export function synthesiseConfig(
  config: StageConfig,
  { cloudFormationRules = false, assets = false }: SynthesisOptions = {},
): SynthesisedStage {
  const app = new App({
    context: { ...context, "aws:cdk:disable-asset-staging": !assets },
    builtinCloudFormationValidation: cloudFormationRules,
  });
  const checks = new RememberingChecks(app);
  Validations.of(app).addPlugins(checks);
  const stacks = composeStacks(app, config);
  const templates = new Map(stacks.map((stack) => [stack.node.id, Template.fromStack(stack)]));
  return {
    stacks,
    template: (stack) => templates.get(stack) as Template,
    resources: (type) =>
      [...templates.values()].flatMap((template) => Object.entries(template.findResources(type))) as [
        string,
        Resource,
      ][],
    deadAcknowledgements: checks.findDead(app),
  };
}
