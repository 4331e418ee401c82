import type { DeployedStage } from "../deployed/stage.ts";

/** Sizes that AWS limits, with its documents. */
const limits = {
  /** Lambda quotas: environment variables, in aggregate. */
  environmentBytes: 4096,
  /** IAM quotas: all inline policies of a role together, white space not counted. */
  rolePolicyCharacters: 10_240,
  /** CloudFormation quotas. */
  resources: 500,
  outputs: 200,
  /** Step Functions quotas: definition of a state machine. */
  definitionBytes: 1_048_576,
  /** Lambda API, CreateFunction. */
  descriptionCharacters: 256,
  /** CloudWatch Logs quotas: subscription filters of a log group. */
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
      JSON.stringify(properties.Environment.Variables).length,
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
    check(`definition of ${logicalId}`, properties.DefinitionString.length, limits.definitionBytes);
  }
  const filters = Map.groupBy(stage.resources("AWS::Logs::SubscriptionFilter"), (one) => one.properties.LogGroupName);
  for (const [group, all] of filters) check(`number of filters of ${group}`, all.length, limits.filters);
  return found;
}
