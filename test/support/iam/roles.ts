import { listed, type Statement } from "./policy.ts";
import type { ResolvedStage } from "./resolve.ts";
import type { ApiIds } from "./to-request.ts";

/** What the role of each Lambda and of the trainer may do, by the program's name. */
export function rolesOf(stage: ResolvedStage, name: string): Map<string, Statement[]> {
  const found = new Map<string, Statement[]>();
  for (const { properties, stack } of stage.resources("AWS::Lambda::Function")) {
    const program = String(properties.FunctionName).replace(`avocado-${name}-`, "");
    if (properties.FunctionName) found.set(program, statementsOf(stage, stack, properties.Role));
  }
  for (const { properties, stack } of stage.resources("AWS::ECS::TaskDefinition")) {
    if (properties.Family?.endsWith("-trainer"))
      found.set("trainer", statementsOf(stage, stack, properties.TaskRoleArn));
  }
  return found;
}

/** Statements of all policies of a role. */
export function statementsOf(stage: ResolvedStage, stack: string, roleArn: string): Statement[] {
  const role = roleArn.split("/").at(-1);
  return stage
    .resources("AWS::IAM::Policy")
    .filter((policy) => policy.stack === stack && policy.properties.Roles.includes(role))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement);
}

/** What the policies of the buckets deny, to whomever. */
export function bucketDenials(stage: ResolvedStage): Statement[] {
  return stage
    .resources("AWS::S3::BucketPolicy")
    .flatMap(({ properties }) => properties.PolicyDocument.Statement as Statement[])
    .filter(({ Effect }) => Effect === "Deny");
}

/** What the policies of queues and topics, and the permissions of Lambdas, allow AWS's own services. */
export function servicePermissions(stage: ResolvedStage): Statement[] {
  const policies = ["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"].flatMap((type) => stage.resources(type));
  const permissions = stage.resources("AWS::Lambda::Permission").map(
    ({ properties }): Statement => ({
      Effect: "Allow",
      Action: properties.Action,
      Resource: properties.FunctionName,
      Principal: { Service: properties.Principal },
      ...(properties.SourceArn && { Condition: { ArnLike: { "aws:SourceArn": properties.SourceArn } } }),
    }),
  );
  return [...policies.flatMap(({ properties }) => properties.PolicyDocument.Statement), ...permissions];
}

/** The ids of a stage's two APIs. */
export function apisOf(stage: ResolvedStage, name: string): ApiIds {
  const apis = stage.resources("AWS::ApiGatewayV2::Api");
  const idOf = (api: string) => apis.find(({ properties }) => properties.Name === api)?.id ?? "";
  return { mlflow: idOf(`avocado-${name}-mlflow`), predict: idOf(`avocado-${name}`) };
}

/** Each action on each resource of statements that allow, one by one. */
export function singleGrants(statements: readonly Statement[]): Statement[] {
  return statements
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap((statement) =>
      listed(statement.Action ?? []).flatMap((Action) =>
        listed(statement.Resource ?? []).map((Resource) => ({ ...statement, Action, Resource })),
      ),
    );
}
