import { type App, type StackProps, Tags } from "aws-cdk-lib";
import type { StageConfig } from "./config.ts";
import { DataStack } from "./stacks/data-stack.ts";
import { PipelineStack } from "./stacks/pipeline-stack.ts";
import { ServingStack } from "./stacks/serving-stack.ts";

/** Account and region of the emulated AWS. A `local` stage pointed at a real account by mistake refuses to deploy there. */
const localEnv = { account: "000000000000", region: "us-east-1" };

/** Adds the stacks of one stage to the app, each after those it uses: data, serving, pipeline. */
export function composeStacks(app: App, config: StageConfig): readonly [DataStack, ServingStack, PipelineStack] {
  Tags.of(app).add("project", "avocado");
  Tags.of(app).add("stage", config.stage);
  const named = (purpose: string, description: string): StackProps => ({
    stackName: `avocado-${config.stage}-${purpose}`,
    description,
    env: config.stage === "local" ? localEnv : definedOnly({ account: config.account, region: config.region }),
    terminationProtection: config.stage === "prod" && purpose === "data",
  });
  const data = new DataStack(app, "data", { config, ...named("data", "Buckets of the avocado ripening service") });
  const serving = new ServingStack(app, "serving", {
    config,
    artifactBucket: data.artifacts,
    dataBucket: data.data,
    ...named("serving", "The predict API"),
  });
  const pipeline = new PipelineStack(app, "pipeline", {
    config,
    data,
    api: serving.api,
    ...named("pipeline", "The retraining state machine"),
  });
  // Names tie the stacks together, not exports, so the order has to be said.
  serving.addStackDependency(data);
  pipeline.addStackDependency(data);
  return [data, serving, pipeline];
}

function definedOnly(values: { account?: string | undefined; region?: string | undefined }) {
  return {
    ...(values.account !== undefined && { account: values.account }),
    ...(values.region !== undefined && { region: values.region }),
  };
}
