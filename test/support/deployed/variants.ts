import { parseConfig } from "../../../lib/config.ts";
import { type SynthesisedStage, synthesise, synthesiseConfig } from "../stages.ts";
import { type DeployedStage, deployStage, templatesOf } from "./stage.ts";
import type { StackTemplate } from "./template.ts";

const domain = {
  name: "avocado.example.com",
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/0123abcd",
};

/** Configurations that together use every construct: the stages that have a file, and settings that none of them has. */
const configurations: Record<string, () => SynthesisedStage> = {
  dev: () => synthesise("dev"),
  prod: () => synthesise("prod"),
  "JWT, domain, warm instances": () =>
    own({
      stage: "tokens",
      domain,
      corsOrigins: ["https://page.example"],
      predict: { jwt: { issuer: "https://issuer.example", audience: ["avocado"] }, provisionedConcurrency: 2 },
      rawDataSecret: "avocado/raw-data",
      kaggle: { tracking: { uri: "https://mlflow.example" } },
      sagemaker: { image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/avocado-trainer:1", spot: true },
      notificationEmails: ["engineer@example.com"],
    }),
  edge: () => own({ stage: "edge", region: "us-east-1", edge: {} }),
  "edge with a domain, scaled to zero, a GPU": () =>
    own({
      stage: "edge2",
      region: "us-east-1",
      edge: {},
      domain,
      registry: { scaleToZeroAfterMinutes: 15 },
      newData: { quietMinutes: 5 },
      sagemaker: {},
    }),
};

const own = (config: { stage: string; [key: string]: unknown }) => synthesiseConfig(parseConfig(config, "test"));

/** Names of the variants. */
export const variants = Object.keys(configurations);

const synthesised = new Map<string, SynthesisedStage>();

/** A variant as the CDK makes it, once in a test file. */
export function synthesiseVariant(name: string): SynthesisedStage {
  const known = synthesised.get(name) ?? (configurations[name] as () => SynthesisedStage)();
  synthesised.set(name, known);
  return known;
}

/** Templates of a variant. A copy, which a test may change. */
export function variantTemplates(name: string): StackTemplate[] {
  return structuredClone(templatesOf(synthesiseVariant(name)));
}

const deployed = new Map<string, DeployedStage>();

/** A variant as it is in an account. */
export function deployedVariant(name: string): DeployedStage {
  const known = deployed.get(name) ?? deployStage(variantTemplates(name));
  deployed.set(name, known);
  return known;
}
