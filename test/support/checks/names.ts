import type { DeployedResource } from "../deployed/stack.ts";
import type { DeployedStage } from "../deployed/stage.ts";

/** The rule of AWS for the name of a type, and among what it is unique. */
interface NameRule {
  property: string;
  longest: number;
  pattern: RegExp;
  /** The world, the account in all regions, the account in one region, or whatever the resource belongs to. */
  within: "world" | "account" | "region" | "parent";
}

const word = /^[\w-]+$/;
const rule = (property: string, longest: number, pattern: RegExp, within: NameRule["within"] = "region"): NameRule => ({
  property,
  longest,
  pattern,
  within,
});

/**
 * Names that a template may give. Lengths and characters are those of the parameter that CloudFormation hands on to the service's
 * API, for instance https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html for a function: they were read in the
 * API models of botocore 1.43.106. Where a model says nothing, a line below names another source.
 */
const rules: Record<string, NameRule> = {
  "AWS::ApiGatewayV2::Api": rule("Name", 128, /^[^%]+$/),
  "AWS::ApiGatewayV2::Authorizer": rule("Name", 128, /^[\w-]+$/, "parent"),
  // A name of the DNS: RFC 1035, section 2.3.4.
  "AWS::ApiGatewayV2::DomainName": rule("DomainName", 253, /^[a-z0-9.-]+$/, "world"),
  "AWS::ApiGatewayV2::Stage": rule("StageName", 128, /^(\$default|[\w-]+)$/, "parent"),
  "AWS::ApiGatewayV2::VpcLink": rule("Name", 128, /^.+$/),
  "AWS::CloudWatch::Alarm": rule("AlarmName", 255, /^\P{Cc}+$/u),
  "AWS::CloudWatch::Dashboard": rule("DashboardName", 255, word, "account"),
  "AWS::ECS::Cluster": rule("ClusterName", 255, word),
  "AWS::ECS::Service": rule("ServiceName", 255, word, "parent"),
  "AWS::ECS::TaskDefinition": rule("Family", 255, word),
  "AWS::Events::Rule": rule("Name", 64, /^[\w.-]+$/),
  "AWS::IAM::Policy": rule("PolicyName", 128, /^[\w+=,.@-]+$/, "parent"),
  "AWS::IAM::Role": rule("RoleName", 64, /^[\w+=,.@-]+$/, "account"),
  "AWS::Lambda::Alias": rule("Name", 128, /^(?!\d+$)[\w-]+$/, "parent"),
  "AWS::Lambda::Function": rule("FunctionName", 64, word),
  "AWS::Lambda::LayerVersion": rule("LayerName", 140, word),
  "AWS::Logs::LogGroup": rule("LogGroupName", 512, /^[\w./#-]+$/),
  "AWS::Logs::SubscriptionFilter": rule("FilterName", 512, /^[^:*]+$/, "parent"),
  "AWS::RDS::DBCluster": rule("DBClusterIdentifier", 63, /^[a-z](-?[a-z0-9])*$/),
  "AWS::RDS::DBInstance": rule("DBInstanceIdentifier", 63, /^[a-z](-?[a-z0-9])*$/),
  "AWS::RDS::DBSubnetGroup": rule("DBSubnetGroupName", 255, /^(?!default$)[a-z][a-z0-9 ._-]*$/),
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; a dot would break TLS.
  "AWS::S3::Bucket": rule(
    "BucketName",
    63,
    /^(?!xn--|sthree-)(?!.*(-s3alias|--ol-s3)$)[a-z0-9][a-z0-9-]+[a-z0-9]$/,
    "world",
  ),
  "AWS::SNS::Topic": rule("TopicName", 256, word),
  "AWS::SQS::Queue": rule("QueueName", 80, word),
  "AWS::Scheduler::Schedule": rule("Name", 64, /^[\w.-]+$/),
  "AWS::SecretsManager::Secret": rule("Name", 512, /^(?!.*-.{6}$)[\w/+=.@-]+$/),
  "AWS::ServiceDiscovery::PrivateDnsNamespace": rule("Name", 253, /^[a-z0-9.-]+$/, "parent"),
  // One label of a name of the DNS, as the server's host is it.
  "AWS::ServiceDiscovery::Service": rule("Name", 63, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "parent"),
  "AWS::StepFunctions::StateMachine": rule("StateMachineName", 80, word),
  "AWS::WAFv2::WebACL": rule("Name", 128, word, "account"),
};

/** Properties that look like a name and name something else, or a group that others are in. */
const otherNames =
  /^AWS::(Lambda::(Alias|EventSourceMapping|Permission|Version)\.FunctionName|EC2::.*|RDS::.*|CloudWatch::Alarm\.MetricName|SNS::Topic\.DisplayName|ApiGatewayV2::ApiMapping\.DomainName|Logs::SubscriptionFilter\.LogGroupName|CloudFormation::.*|ECS::TaskDefinition\.\w*Name)$/;

/** The name of a resource that its template gives, with its rule. */
interface Named {
  resource: DeployedResource;
  name: string;
  rule: NameRule;
}

function namesIn(stage: DeployedStage): Named[] {
  return stage.resources().flatMap((resource) => {
    const found = rules[resource.type];
    const name = found && resource.properties[found.property];
    return found && name !== undefined ? [{ resource, name: String(name), rule: found }] : [];
  });
}

/** Names that AWS would not take, and properties that name a resource without a rule here. */
export function findBadNames(stage: DeployedStage): string[] {
  const bad = namesIn(stage).flatMap(({ resource, name, rule: { longest, pattern } }) => {
    const where = `${resource.type} ${name}`;
    if (name.length > longest) return [`${where} has ${name.length} characters, of ${longest} that it may have`];
    return pattern.test(name) ? [] : [`${where} has characters that it may not have`];
  });
  const unknown = stage.resources().flatMap(({ type, properties }) =>
    Object.keys(properties)
      .filter(
        (key) => /Name$|^Family$/.test(key) && rules[type]?.property !== key && !otherNames.test(`${type}.${key}`),
      )
      .map((key) => `nothing is known of ${key} of ${type}`),
  );
  return [...bad, ...new Set(unknown)];
}

const nameOf = ({ resource: { type }, name }: Named) => `${type} ${name}`;

/** Names that two stages, or one stage in two regions, would both take. */
export function findSharedNames(one: DeployedStage, other: DeployedStage): string[] {
  const sameRegion = one.account.region === other.account.region;
  const scopes = sameRegion ? ["world", "account", "region"] : ["world", "account"];
  const taken = new Set(namesIn(one).map(nameOf));
  return namesIn(other)
    .filter(({ rule: { within } }) => scopes.includes(within))
    .map(nameOf)
    .filter((name) => taken.has(name));
}
