import type { DeployedStage } from "../deployed/stage.ts";

/** Sizes that AWS limits, with its documents. */
const limits = {
  /** Of all variables together: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
  environmentBytes: 4096,
  /** Of all inline policies of a role, white space not counted: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
  rolePolicyCharacters: 10_240,
  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
  resources: 500,
  outputs: 200,
  /** https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html */
  definitionBytes: 1_048_576,
  /** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
  descriptionCharacters: 256,
  /** Of a log group: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html */
  filters: 2,
};

/** What is larger than AWS lets it be. */
export function findOversizes(stage: DeployedStage): string[] {
  const found: string[] = [];
  const check = (what: string, size: number, limit: number) => {
    if (size > limit) found.push(`${what} is ${size}, of ${limit}`);
  };
  for (const { name, resources, outputs } of stage.stacks) {
    check(`number of resources of ${name}`, resources.length, limits.resources);
    check(`number of outputs of ${name}`, Object.keys(outputs).length, limits.outputs);
  }
  for (const { logicalId, properties } of stage.resources("AWS::Lambda::Function")) {
    check(
      `environment of ${logicalId}`,
      Buffer.byteLength(JSON.stringify(properties.Environment.Variables)),
      limits.environmentBytes,
    );
    check(`description of ${logicalId}`, properties.Description.length, limits.descriptionCharacters);
  }
  for (const role of stage.resources("AWS::IAM::Role")) {
    const policies = stage
      .resources("AWS::IAM::Policy")
      .filter(({ properties }) => properties.Roles.includes(role.ref));
    const size = policies.reduce((sum, { properties }) => sum + JSON.stringify(properties.PolicyDocument).length, 0);
    check(`policies of ${role.logicalId}`, size, limits.rolePolicyCharacters);
  }
  for (const { logicalId, properties } of stage.resources("AWS::StepFunctions::StateMachine")) {
    check(`definition of ${logicalId}`, Buffer.byteLength(properties.DefinitionString), limits.definitionBytes);
  }
  const filters = Map.groupBy(stage.resources("AWS::Logs::SubscriptionFilter"), (one) => one.properties.LogGroupName);
  for (const [group, all] of filters) check(`number of filters of ${group}`, all.length, limits.filters);
  return found;
}
