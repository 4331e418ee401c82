import { fileURLToPath } from "node:url";
import { Duration, FileSystem, IgnoreMode } from "aws-cdk-lib";
import { Platform } from "aws-cdk-lib/aws-ecr-assets";
import {
  Alias,
  Architecture,
  DockerImageCode,
  DockerImageFunction,
  type IFunction,
  type IVersion,
  type Function as LambdaFunction,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { isLocal, type StageConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import { functionIdentity, NodeFunction } from "./node-function.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the image is made of; everything else stays out, so that only a change to these makes a new image. */
const buildContext = [
  "package.json",
  "package-lock.json",
  ".npmrc",
  "api",
  "core",
  "aws",
  "lambdas/predict",
  "lambdas/shared",
  "models/bootstrap",
  "layers/build.ts",
];

const description = "Predicts the days until an avocado is over-ripe";
/** The gateway gives up after 30 s. */
const timeout = Duration.seconds(29);

/** The predict Lambda: a container image, and on a laptop, which has no registry of images, the same code as a zip. */
export function createPredictFunction(
  scope: Construct,
  config: StageConfig,
  environment: Record<string, string>,
): LambdaFunction {
  const { memoryMegabytes, tracing } = config.predict;
  const exclude = ["*", ...buildContext.map((path) => `!${path}`)];
  const files = { ignoreMode: IgnoreMode.DOCKER, exclude };
  // Changes when the code does, so that health says which code answers and nothing else is deployed again.
  const revision = FileSystem.fingerprint(root, files).slice(0, 12);
  const variables = { REVISION: revision, ...environment };
  if (isLocal(config)) {
    return new NodeFunction(scope, "Predict", {
      config,
      handler: "predict",
      description,
      timeout,
      memoryMegabytes,
      environment: variables,
    }).function;
  }
  const { role, logGroup } = functionIdentity(scope, config, "predict");
  if (tracing) {
    acknowledge(
      role,
      "AwsSolutions-IAM5[Resource::*]",
      "X-Ray knows no resources that its segments could be granted for",
    );
  }
  const arm = config.predict.architecture === "arm64";
  return new DockerImageFunction(scope, "Predict", {
    functionName: `avocado-${config.stage}-predict`,
    description,
    code: DockerImageCode.fromImageAsset(root, {
      file: "lambdas/predict/Dockerfile",
      target: "lambda",
      platform: arm ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
      buildArgs: { ARCHITECTURE: config.predict.architecture },
      ...files,
    }),
    architecture: arm ? Architecture.ARM_64 : Architecture.X86_64,
    timeout,
    memorySize: memoryMegabytes,
    role,
    logGroup,
    ...(tracing && { tracing: Tracing.ACTIVE }),
    environment: { POWERTOOLS_SERVICE_NAME: "predict", ...variables },
  });
}

/** The function itself, or an alias of it with so many instances that are always warm. */
export function warmed(scope: Construct, handler: LambdaFunction, instances: number | undefined): IFunction {
  if (!instances) return handler;
  // The casts: the CDK's types do not keep exact optional properties.
  const version = handler.currentVersion as IVersion;
  const alias = new Alias(scope, "Warm", { aliasName: "warm", version, provisionedConcurrentExecutions: instances });
  return alias as IFunction;
}
