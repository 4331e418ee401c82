import { strategies } from "../../../core/contracts/execution.ts";
import type { DeployedStage } from "../deployed/stage.ts";

/** A program of a stage and the variables that its template sets. */
export interface Program {
  /** Folder under `lambdas/`, `trainer` or `mlflow`. */
  name: string;
  variables: Record<string, string>;
}

interface Container {
  Name: string;
  Environment?: { Name: string; Value: string }[];
  Secrets?: { Name: string; ValueFrom: string }[];
}

/** Every Lambda and every container of a stage, with its environment. */
export function programsOf(stage: DeployedStage): Program[] {
  const lambdas = stage.resources("AWS::Lambda::Function").map(({ properties }) => ({
    name: String(properties.FunctionName).replace(/^avocado-[a-z0-9]+-/, ""),
    variables: properties.Environment.Variables as Record<string, string>,
  }));
  const containers = stage.resources("AWS::ECS::TaskDefinition").flatMap(({ properties }) =>
    (properties.ContainerDefinitions as Container[]).map(({ Name, Environment = [], Secrets = [] }) => ({
      name: Name,
      variables: Object.fromEntries([
        ...Environment.map(({ Name: key, Value }) => [key, Value]),
        ...Secrets.map(({ Name: key, ValueFrom }) => [key, `value of ${ValueFrom}`]),
      ]),
    })),
  );
  return [...lambdas, ...containers];
}

/** Whether a value means what its variable's name says. */
type Meaning = (value: string, stage: DeployedStage) => boolean;

const hostPattern = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;
const wholeNumber: Meaning = (value) => /^[1-9]\d*$/.test(value);
const word: Meaning = (value) => /^[\w./!-]+$/.test(value);
const isRef =
  (type: string): Meaning =>
  (value, stage) =>
    stage.resources(type).some(({ ref }) => ref === value);
const isBucket = isRef("AWS::S3::Bucket");
/** Address of an API of the stage: over TLS, without a path or a slash at its end. */
const isOwnUrl: Meaning = (value, stage) =>
  [...stage.resources("AWS::ApiGatewayV2::Api"), ...stage.resources("AWS::CloudFront::Distribution")].some(
    ({ ref, properties }) =>
      value === `https://${ref}.execute-api.${stage.account.region}.amazonaws.com` ||
      (properties.DistributionConfig?.Aliases ?? []).some((alias: string) => value === `https://${alias}`) ||
      (properties.DistributionConfig && /^https:\/\/d[0-9a-f]+\.cloudfront\.net$/.test(value)),
  );
const isOtherUrl: Meaning = (value) => /^https:\/\/[\w.-]+(\/[\w./-]*)?$/.test(value) && !value.endsWith("/");

/** What the variables mean, by name. The ARN check looks at the ARNs among them. */
const meanings: [name: RegExp, meaning: Meaning][] = [
  [/_BUCKET$/, isBucket],
  [
    /^(STATE_MACHINE_ARN|CLUSTER_ARN|MASTER_SECRET_ARN|ORIGIN_SECRET|TRAINER_TASK)$/,
    (value) => /^arn:aws:\S+$/.test(value),
  ],
  [/^(API_URL|MLFLOW_TRACKING_URI)$/, isOwnUrl],
  [/^KAGGLE_(BASE_URL|TRACKING_URI)$/, isOtherUrl],
  [/_(SECONDS|MINUTES|GIGABYTES)$|^PORT$/, wholeNumber],
  [/^STRATEGIES$/, (value) => value.split(",").every((name) => strategies.some((each) => each === name))],
  [
    /^SAGEMAKER_JOB_PREFIX$/,
    (value, stage) => stage.resources("AWS::IAM::Policy").some(({ properties }) => namesJobs(properties, value)),
  ],
  [/^SAGEMAKER_IMAGE$/, (value) => /^\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com\/[\w./-]+:[\w.-]+$/.test(value)],
  [/^SAGEMAKER_ROLE$/, (value) => /^arn:aws:iam::\d{12}:role\/./.test(value)],
  [
    /^(SAGEMAKER_SPOT|KAGGLE_(GPU|KEEP_KERNELS|DATASET_KEEP_VERSIONS))$/,
    (value) => value === "true" || value === "false",
  ],
  [/^SAGEMAKER_INSTANCE_TYPE$/, (value) => value.startsWith("ml.")],
  [/^SAGEMAKER_TAGS$/, (value) => Object.values(JSON.parse(value)).every((each) => typeof each === "string")],
  [/^PUBLISH_FUNCTION$/, isRef("AWS::Lambda::Function")],
  [/^MLFLOW_API_ID$/, isRef("AWS::ApiGatewayV2::Api")],
  [/^(MLFLOW|TRAINER)_CLUSTER$/, isRef("AWS::ECS::Cluster")],
  [
    /^MLFLOW_SERVICE$/,
    (value, stage) => stage.resources("AWS::ECS::Service").some(({ properties }) => properties.ServiceName === value),
  ],
  [/^TRAINER_CONTAINER$/, (value, stage) => programsOf(stage).some(({ name }) => name === value)],
  [/^TRAINER_SUBNETS$/, (value, stage) => value.split(",").every((id) => isRef("AWS::EC2::Subnet")(id, stage))],
  [/^TRAINER_SECURITY_GROUP$/, isRef("AWS::EC2::SecurityGroup")],
  [/^AWS_REGION$/, (value, stage) => value === stage.account.region],
  [/^DATABASE_HOST$/, (value) => /^[\w.-]+\.rds\.amazonaws\.com$/.test(value)],
  [/^ALLOWED_HOSTS$/, areOwnHosts],
  [/^ARTIFACT_ROOT$/, (value, stage) => isBucket(/^s3:\/\/([^/]+)\/\w+$/.exec(value)?.[1] ?? "", stage)],
  [/^KAGGLE_DATASET_TITLE$/, (value) => value.trim() === value],
  [
    /^(POWERTOOLS_\w+|REVISION|MODEL_NAME|PROMOTION_METRIC|\w+_AUTH|TRAINER_LAUNCHER|KAGGLE_(DATASET_(SLUG|LICENCE)|KERNEL_PREFIX|MACHINE_SHAPE)|\w+_WEIGHTS|RAW_DATA_SECRET|KAGGLE_SECRET|DATABASE_(NAME|USER))$/,
    word,
  ],
  [/^DATABASE_PASSWORD$/, (value) => /:secret:[^:]+:password::$/.test(value)],
];

/** Whether a policy is about training jobs with this prefix. */
const namesJobs = ({ PolicyDocument }: { PolicyDocument?: unknown }, prefix: string) =>
  JSON.stringify(PolicyDocument).includes(`:training-job/${prefix}*"`);

/** Hosts without scheme or path; among them the name under which the gateway calls the server. */
function areOwnHosts(value: string, stage: DeployedStage): boolean {
  const hosts = value.split(",");
  const called = stage
    .resources("AWS::ApiGatewayV2::Integration")
    .filter(({ properties }) => properties.ConnectionType === "VPC_LINK")
    .map(({ properties }) => properties.RequestParameters?.["overwrite:header.host"]);
  return hosts.every((host) => hostPattern.test(host)) && called.every((host) => hosts.includes(host));
}

/** Variables whose value is not what their name says, and those whose meaning is not known. */
export function findMalformedVariables(stage: DeployedStage): string[] {
  return programsOf(stage).flatMap(({ name, variables }) =>
    Object.entries(variables).flatMap(([key, value]) => {
      const meaning = meanings.find(([pattern]) => pattern.test(key))?.[1];
      if (!meaning) return [`${name}: nothing is known of ${key}`];
      return meaning(String(value), stage) ? [] : [`${name}: ${key} is ${value}`];
    }),
  );
}
