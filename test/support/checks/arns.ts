import type { DeployedStage } from "../deployed/stage.ts";
import { globToRegExp } from "./globs.ts";
import { findOutside } from "./outside.ts";
import { allStrings } from "./strings.ts";

/** An ARN taken apart. */
interface Arn {
  service: string;
  region: string;
  account: string;
  resource: string;
}

/** ARNs in a text, such as a state machine's definition. */
function arnsIn(text: string): string[] {
  return [...text.matchAll(/arn:aws[\w-]*:[^"'\s,{}]*/g)].map(([arn]) => arn);
}

/** @throws Error when it is not an ARN */
function parseArn(arn: string): Arn {
  const [, , service, region, account, ...resource] = arn.split(":");
  if (service === undefined || region === undefined || account === undefined || resource.length === 0) {
    throw new Error(`${arn} is not an ARN`);
  }
  return { service, region, account, resource: resource.join(":") };
}

/** Is there something that the pattern names? */
const names = (pattern: string, existing: unknown[]) =>
  existing.some((name) => globToRegExp(pattern).test(String(name)));

/** What resources of a type are called, by a property or else by their reference. */
const namesOf = (stage: DeployedStage, type: string, property?: string) =>
  stage.resources(type).map(({ properties, ref }) => (property && properties[property]) ?? ref);

/** Whether the resource part of an ARN names something in the stage, for each service. */
const lookups: Record<string, (resource: string, stage: DeployedStage) => boolean> = {
  cloudwatch: (resource, stage) => names(resource.replace(/^alarm:/, ""), namesOf(stage, "AWS::CloudWatch::Alarm")),
  ecs: (resource, stage) => {
    const [kind, cluster = "", service = ""] = resource.split("/");
    if (kind === "task-definition") return names(`*${resource}`, namesOf(stage, "AWS::ECS::TaskDefinition"));
    if (!names(cluster, namesOf(stage, "AWS::ECS::Cluster"))) return false;
    return kind !== "service" || names(service, namesOf(stage, "AWS::ECS::Service", "ServiceName"));
  },
  events: (resource, stage) => names(resource.replace(/^rule\//, ""), namesOf(stage, "AWS::Events::Rule")),
  "execute-api": isRouted,
  iam: (resource, stage) => names(resource.replace(/^role\//, ""), namesOf(stage, "AWS::IAM::Role")),
  lambda: (resource, stage) => {
    const [kind, name = "", qualifier] = resource.split(":");
    if (kind === "layer") return names(`*:${resource}`, namesOf(stage, "AWS::Lambda::LayerVersion"));
    if (!names(name, namesOf(stage, "AWS::Lambda::Function"))) return false;
    const versions = ["AWS::Lambda::Alias", "AWS::Lambda::Version"].flatMap((type) => namesOf(stage, type));
    return qualifier === undefined || names(`*:${resource}`, versions);
  },
  logs: (resource, stage) => names(resource.split(":")[1] ?? "", namesOf(stage, "AWS::Logs::LogGroup")),
  rds: (resource, stage) => names(resource.replace(/^cluster:/, ""), namesOf(stage, "AWS::RDS::DBCluster")),
  s3: (resource, stage) => names(resource.split("/")[0] ?? "", namesOf(stage, "AWS::S3::Bucket")),
  secretsmanager: (resource, stage) =>
    // A key in the secret may follow its name.
    names(`*:${resource.split(":", 2).join(":")}`, namesOf(stage, "AWS::SecretsManager::Secret")) ||
    (resource.startsWith("secret:rds!cluster-") && stage.resources("AWS::RDS::DBCluster").length > 0),
  servicediscovery: (resource, stage) =>
    names(resource.replace(/^service\//, ""), namesOf(stage, "AWS::ServiceDiscovery::Service")),
  sns: (resource, stage) => names(`*:${resource}`, namesOf(stage, "AWS::SNS::Topic")),
  sqs: (resource, stage) => names(`*/${resource}`, namesOf(stage, "AWS::SQS::Queue")),
  states: (resource, stage) => {
    // Of an execution the machine, and of a distributed map's the map's label too.
    const [, machine = "", label] = /^(?:stateMachine|execution):([^:/]*)(?:\/([^:]*))?/.exec(resource) ?? [];
    return stage
      .resources("AWS::StepFunctions::StateMachine")
      .some(
        ({ properties }) =>
          globToRegExp(machine).test(properties.StateMachineName) &&
          (label === undefined || properties.DefinitionString.includes(`"Label": "${label}"`)),
      );
  },
  wafv2: (resource, stage) =>
    stage.resources("AWS::WAFv2::WebACL").some(({ ref }) => ref?.split("|")[1] === resource.split("/").at(-1)),
};

/** `<api>/<stage>/<method>/<path>`, or `<api>/authorizers/<id>`: some route, or the authorizer, is there. */
function isRouted(resource: string, stage: DeployedStage): boolean {
  const [api = "", ...rest] = resource.split("/");
  const ofApi = (type: string) =>
    stage.resources(type).filter(({ properties }) => globToRegExp(api).test(String(properties.ApiId)));
  const [apiStage = "", method = "", ...path] = rest;
  if (apiStage === "authorizers")
    return names(
      method,
      ofApi("AWS::ApiGatewayV2::Authorizer").map(({ ref }) => ref),
    );
  if (
    !names(
      apiStage,
      ofApi("AWS::ApiGatewayV2::Stage").map(({ properties }) => properties.StageName),
    )
  )
    return false;
  const wanted = `/${path.join("/")}`;
  return ofApi("AWS::ApiGatewayV2::Route").some(({ properties }) => {
    const [verb = "", route = ""] = String(properties.RouteKey).split(" ");
    const asPattern = globToRegExp(route.replaceAll(/\{\w+\+\}/g, "*").replaceAll(/\{\w+\}/g, "*"));
    const methodFits = verb === "ANY" || names(method, [verb]);
    return methodFits && (asPattern.test(wanted) || globToRegExp(wanted).test(route));
  });
}

/** Why an ARN, or a pattern of ARNs, names nothing; nothing when it names something. */
function findMissing(arn: string, stage: DeployedStage): string | undefined {
  if (findOutside(arn, stage)) return undefined;
  const { service, region, account, resource } = parseArn(arn);
  const lookup = lookups[service];
  if (!lookup) return `${arn}: nothing here is looked up in service ${service}`;
  if (region !== "" && region !== stage.account.region) return `${arn}: is in another region`;
  if (account !== "" && account !== stage.account.id) return `${arn}: is in another account`;
  return lookup(resource, stage) ? undefined : `${arn}: there is no such thing`;
}

/** ARNs anywhere in the templates, policies included, that name nothing. */
export function findMissingArns(stage: DeployedStage): string[] {
  return stage.resources().flatMap((resource) =>
    allStrings(resource.properties)
      .flatMap(({ path, value }) => arnsIn(value).map((arn) => ({ path, problem: findMissing(arn, stage) })))
      .flatMap(({ path, problem }) => (problem ? [`${resource.stack}/${resource.logicalId} ${path}: ${problem}`] : [])),
  );
}
