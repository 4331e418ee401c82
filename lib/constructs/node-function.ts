import { Aws, type Duration, RemovalPolicy } from "aws-cdk-lib";
import { type IGrantable, type IPrincipal, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, LayerVersion, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { buildLayer } from "../../layers/build.ts";
import { isLocal, type StageConfig } from "../config.ts";
import { bundleOf } from "./bundle.ts";

export interface NodeFunctionProps {
  config: StageConfig;
  /** Folder under `lambdas/`. */
  handler: string;
  description: string;
  timeout: Duration;
  memoryMegabytes: number;
  environment?: Record<string, string>;
}

/** A bundled Lambda with a role and a log group of its own; the role may do nothing but write that log. */
export class NodeFunction extends Construct implements IGrantable {
  readonly function: LambdaFunction;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const { config, handler } = props;
    const bundle = bundleOf(handler);
    const { role, logGroup } = functionIdentity(this, config, handler);
    // On a laptop the native packages are found in node_modules.
    const nativePackages = isLocal(config) ? [] : bundle.nativePackages;
    this.function = new LambdaFunction(this, "Function", {
      functionName: `avocado-${config.stage}-${handler}`,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.X86_64,
      handler: "index.handler",
      code: Code.fromAsset(bundle.folder),
      layers: nativePackages.map(
        (name) => new LayerVersion(this, name, { code: Code.fromAsset(buildLayer(name, "x64")) }),
      ),
      timeout: props.timeout,
      memorySize: props.memoryMegabytes,
      role,
      logGroup,
      environment: { POWERTOOLS_SERVICE_NAME: handler, ...props.environment },
    });
    this.grantPrincipal = this.function.grantPrincipal;
  }

  /** Allows the function the actions on the resources. */
  allow(actions: string[], resources: string[]): void {
    this.function.addToRolePolicy(new PolicyStatement({ actions, resources }));
  }
}

/** Role and log group of a function. AWS's managed policy would let it write into every log group of the account. */
export function functionIdentity(scope: Construct, config: StageConfig, name: string) {
  const logGroup = new LogGroup(scope, "Log", {
    logGroupName: `/avocado/${config.stage}/${name}`,
    retention: config.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  logGroup.grantWrite(role);
  return { role, logGroup };
}

/** Allows to read a secret that is created elsewhere. Secrets Manager adds six characters to its name to make its ARN. */
export function allowSecret(step: NodeFunction, name: string): void {
  const arn = `arn:${Aws.PARTITION}:secretsmanager:${Aws.REGION}:${Aws.ACCOUNT_ID}:secret:${name}-??????`;
  step.allow(["secretsmanager:GetSecretValue"], [arn]);
}
