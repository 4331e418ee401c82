import { type Account, randomId } from "./account.ts";

/** A resource whose identifiers are asked for. */
export interface Described {
  account: Account;
  stackName: string;
  logicalId: string;
  type: string;
  /** A property with everything in it resolved. */
  property(name: string): unknown;
}

type Form = (resource: Described) => string;

/** What `Ref` and `Fn::GetAtt` return for a type. */
interface Forms {
  ref: Form;
  attributes?: Record<string, Form>;
}

const seed = ({ account, stackName, logicalId }: Described) =>
  `${account.id}/${account.region}/${stackName}/${logicalId}`;
const random = (resource: Described, length: number) => randomId(seed(resource), length);
/** An identifier such as `subnet-0123456789abcdef0`. */
const prefixed =
  (prefix: string): Form =>
  (resource) =>
    `${prefix}-0${random(resource, 16)}`;

/** The name that a property gives, or the one that CloudFormation makes: stack, logical id and twelve random characters. */
const named =
  (property: string, longest = 64): Form =>
  (resource) => {
    const given = resource.property(property);
    if (given !== undefined) return String(given);
    const { stackName, logicalId } = resource;
    return `${`${stackName}-${logicalId}`.slice(0, longest - 13)}-${random(resource, 12).toUpperCase()}`;
  };

const arn = ({ account }: Described, service: string, rest: string) =>
  `arn:aws:${service}:${account.region}:${account.id}:${rest}`;

const functionName = named("FunctionName");
const roleName = named("RoleName");
const bucketName: Form = (resource) => named("BucketName", 63)(resource).toLowerCase();
const queueName = named("QueueName", 80);
const clusterName = named("ClusterName", 255);
const groupName = named("LogGroupName", 512);
const ruleName = named("Name");
const alarmName = named("AlarmName", 255);
const machineName = named("StateMachineName", 80);
const machineArn: Form = (resource) => arn(resource, "states", `stateMachine:${machineName(resource)}`);
const databaseId: Form = (resource) => named("DBClusterIdentifier", 63)(resource).toLowerCase();
const databaseHost = (resource: Described, part: string) =>
  `${databaseId(resource)}.${part}-${random(resource, 12)}.${resource.account.region}.rds.amazonaws.com`;
const secretArn: Form = (resource) =>
  arn(resource, "secretsmanager", `secret:${named("Name", 512)(resource)}-${random(resource, 6)}`);
const apiId: Form = (resource) => random(resource, 10);
const serviceId: Form = (resource) => `srv-${random(resource, 16)}`;

/** The forms of every resource type whose identifiers the templates use: AWS's documentation of `Return values`. */
export const forms: Record<string, Forms> = {
  "AWS::ApiGatewayV2::Api": {
    ref: apiId,
    attributes: {
      ApiId: apiId,
      ApiEndpoint: (api) => `https://${apiId(api)}.execute-api.${api.account.region}.amazonaws.com`,
    },
  },
  "AWS::ApiGatewayV2::Authorizer": { ref: (resource) => random(resource, 6) },
  "AWS::ApiGatewayV2::DomainName": {
    ref: (domain) => String(domain.property("DomainName")),
    attributes: {
      RegionalDomainName: (domain) => `d-${random(domain, 10)}.execute-api.${domain.account.region}.amazonaws.com`,
    },
  },
  "AWS::ApiGatewayV2::Integration": { ref: (resource) => random(resource, 7) },
  "AWS::ApiGatewayV2::Route": { ref: (resource) => random(resource, 7) },
  "AWS::ApiGatewayV2::Stage": { ref: (stage) => String(stage.property("StageName")) },
  "AWS::ApiGatewayV2::VpcLink": { ref: (resource) => random(resource, 6) },
  "AWS::CloudFront::Distribution": {
    ref: (resource) => random(resource, 14).toUpperCase(),
    attributes: { DomainName: (distribution) => `d${random(distribution, 13)}.cloudfront.net` },
  },
  "AWS::CloudWatch::Alarm": {
    ref: alarmName,
    attributes: { Arn: (alarm) => arn(alarm, "cloudwatch", `alarm:${alarmName(alarm)}`) },
  },
  "AWS::EC2::InternetGateway": { ref: prefixed("igw") },
  "AWS::EC2::RouteTable": { ref: prefixed("rtb") },
  "AWS::EC2::SecurityGroup": { ref: prefixed("sg"), attributes: { GroupId: prefixed("sg") } },
  "AWS::EC2::Subnet": { ref: prefixed("subnet") },
  "AWS::EC2::VPC": {
    ref: prefixed("vpc"),
    attributes: { CidrBlock: (vpc) => String(vpc.property("CidrBlock")), DefaultSecurityGroup: prefixed("sg") },
  },
  "AWS::ECS::Cluster": {
    ref: clusterName,
    attributes: { Arn: (cluster) => arn(cluster, "ecs", `cluster/${clusterName(cluster)}`) },
  },
  "AWS::ECS::TaskDefinition": {
    ref: (task) => arn(task, "ecs", `task-definition/${named("Family", 255)(task)}:1`),
  },
  "AWS::Events::Rule": {
    ref: ruleName,
    attributes: { Arn: (rule) => arn(rule, "events", `rule/${ruleName(rule)}`) },
  },
  "AWS::IAM::Role": {
    ref: roleName,
    attributes: { Arn: (role) => `arn:aws:iam::${role.account.id}:role/${roleName(role)}` },
  },
  "AWS::Lambda::Alias": {
    ref: (alias) =>
      arn(alias, "lambda", `function:${String(alias.property("FunctionName"))}:${String(alias.property("Name"))}`),
  },
  "AWS::Lambda::Function": {
    ref: functionName,
    attributes: { Arn: (lambda) => arn(lambda, "lambda", `function:${functionName(lambda)}`) },
  },
  "AWS::Lambda::LayerVersion": {
    ref: (layer) => arn(layer, "lambda", `layer:${layer.logicalId}:1`),
  },
  "AWS::Lambda::Version": {
    ref: (version) => arn(version, "lambda", `function:${String(version.property("FunctionName"))}:1`),
    attributes: { Version: () => "1" },
  },
  "AWS::Logs::LogGroup": {
    ref: groupName,
    attributes: { Arn: (group) => arn(group, "logs", `log-group:${groupName(group)}:*`) },
  },
  "AWS::RDS::DBCluster": {
    ref: databaseId,
    attributes: {
      DBClusterArn: (cluster) => arn(cluster, "rds", `cluster:${databaseId(cluster)}`),
      "Endpoint.Address": (cluster) => databaseHost(cluster, "cluster"),
      "Endpoint.Port": () => "5432",
      "MasterUserSecret.SecretArn": (cluster) =>
        arn(cluster, "secretsmanager", `secret:rds!cluster-${random(cluster, 32)}-${random(cluster, 6)}`),
    },
  },
  "AWS::RDS::DBInstance": { ref: (instance) => named("DBInstanceIdentifier", 63)(instance).toLowerCase() },
  "AWS::RDS::DBSubnetGroup": { ref: (group) => named("DBSubnetGroupName", 255)(group).toLowerCase() },
  "AWS::S3::Bucket": {
    ref: bucketName,
    attributes: {
      Arn: (bucket) => `arn:aws:s3:::${bucketName(bucket)}`,
      RegionalDomainName: (bucket) => `${bucketName(bucket)}.s3.${bucket.account.region}.amazonaws.com`,
    },
  },
  "AWS::SNS::Topic": { ref: (topic) => arn(topic, "sns", named("TopicName", 256)(topic)) },
  "AWS::SQS::Queue": {
    ref: (queue) => `https://sqs.${queue.account.region}.amazonaws.com/${queue.account.id}/${queueName(queue)}`,
    attributes: { Arn: (queue) => arn(queue, "sqs", queueName(queue)), QueueName: queueName },
  },
  "AWS::SecretsManager::Secret": { ref: secretArn },
  "AWS::ServiceDiscovery::PrivateDnsNamespace": {
    ref: (resource) => `ns-${random(resource, 16)}`,
    attributes: { Id: (resource) => `ns-${random(resource, 16)}` },
  },
  "AWS::ServiceDiscovery::Service": {
    ref: serviceId,
    attributes: { Arn: (service) => arn(service, "servicediscovery", `service/${serviceId(service)}`) },
  },
  "AWS::StepFunctions::StateMachine": { ref: machineArn, attributes: { Arn: machineArn, Name: machineName } },
  "AWS::WAFv2::WebACL": {
    ref: (acl) => `${named("Name", 128)(acl)}|${random(acl, 32)}|CLOUDFRONT`,
    attributes: { Arn: (acl) => arn(acl, "wafv2", `global/webacl/${named("Name", 128)(acl)}/${random(acl, 32)}`) },
  },
};
