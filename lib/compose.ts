import { type App, type Stack, type StackProps, Tags } from "aws-cdk-lib";
import { isLocal, type StageConfig } from "./config.ts";
import { existingRegistry, type Registry } from "./constructs/registry.ts";
import { DataStack } from "./stacks/data-stack.ts";
import { MonitoringStack } from "./stacks/monitoring-stack.ts";
import { PipelineStack } from "./stacks/pipeline-stack.ts";
import { RegistryStack } from "./stacks/registry-stack.ts";
import { ServingStack } from "./stacks/serving-stack.ts";

/** Account and region of the emulated AWS. A `local` stage pointed at a real account by mistake rejects to deploy there. */
const localEnv = { account: "000000000000", region: "us-east-1" };

/**
 * Adds the stacks of one stage to the app, each after those it uses: data, registry, serving, pipeline, monitoring. A
 * laptop has no registry stack: its MLflow is given by address.
 */
export function composeStacks(app: App, config: StageConfig): readonly Stack[] {
  Tags.of(app).add("project", "avocado");
  Tags.of(app).add("stage", config.stage);
  const named = (purpose: string, description: string): StackProps => ({
    stackName: `avocado-${config.stage}-${purpose}`,
    description,
    env: isLocal(config) ? localEnv : definedOnly({ account: config.account, region: config.region }),
    terminationProtection: !isLocal(config) && config.keepData && purpose === "data",
  });
  const data = new DataStack(app, "data", {
    config,
    ...named("data", "Buckets, network and database of the avocado ripening service"),
  });
  const [registry, registryStacks] = composeRegistry(app, config, data, named("registry", "The MLflow server"));
  const serving = new ServingStack(app, "serving", {
    config,
    artifactBucket: data.artifacts,
    dataBucket: data.data,
    registry,
    ...named("serving", "The predict API"),
  });
  const pipeline = new PipelineStack(app, "pipeline", {
    config,
    data,
    registry,
    api: serving.api,
    ...named("pipeline", "The retraining state machine"),
  });
  const monitoring = new MonitoringStack(app, "monitoring", {
    config,
    data,
    registry,
    apiId: serving.api.api.apiId,
    publicUrl: serving.publicUrl,
    ...named("monitoring", "Alarms and dashboard"),
  });
  // Names tie the stacks together, not exports, so the order has to be said.
  const stacks = [data, ...registryStacks, serving, pipeline, monitoring];
  for (const [i, stack] of stacks.entries())
    for (const earlier of stacks.slice(0, i)) stack.addStackDependency(earlier);
  return stacks;
}

function composeRegistry(
  app: App,
  config: StageConfig,
  { cloud, artifacts }: DataStack,
  props: StackProps,
): [Registry, Stack[]] {
  if (isLocal(config)) return [existingRegistry(config.mlflow), []];
  const stack = new RegistryStack(app, "registry", {
    config,
    artifacts,
    ...(cloud as NonNullable<typeof cloud>),
    ...props,
  });
  return [stack.registry, [stack]];
}

function definedOnly(values: { account?: string | undefined; region?: string | undefined }) {
  return {
    ...(values.account !== undefined && { account: values.account }),
    ...(values.region !== undefined && { region: values.region }),
  };
}
