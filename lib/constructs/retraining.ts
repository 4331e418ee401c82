import { readFileSync } from "node:fs";
import { RemovalPolicy, Stack } from "aws-cdk-lib";
import { Policy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Topic } from "aws-cdk-lib/aws-sns";
import { DefinitionBody, LogLevel, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { StageConfig } from "../config.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { NodeFunction } from "./node-function.ts";

const definition = new URL("../../statemachines/retraining.asl.json", import.meta.url);

export interface RetrainingProps {
  config: StageConfig;
  /** The function of each step, by the name that the definition has for it. */
  steps: Record<string, NodeFunction>;
  topic: Topic;
}

/** ARN of the state machine made from its name, for what must not depend on the resource itself. */
export function retrainingArn(scope: Construct, config: StageConfig, resource = "stateMachine", suffix = ""): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:states:${region}:${account}:${resource}:${retrainingName(config)}${suffix}`;
}

function retrainingName(config: StageConfig): string {
  return `avocado-${config.stage}-retraining`;
}

/** The state machine, which may call exactly what its definition names. */
export class Retraining extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { config, steps, topic }: RetrainingProps) {
    super(scope, id);
    const functions = Object.entries(steps).map(([name, step]) => [name, step.function.functionArn] as const);
    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineName: retrainingName(config),
      definitionBody: DefinitionBody.fromString(readFileSync(definition, "utf8")),
      definitionSubstitutions: { ...Object.fromEntries(functions), Topic: topic.topicArn },
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, "Log", {
          // Step Functions' log groups begin so: AWS bounds the size of the policy that lets it write to others.
          logGroupName: `/aws/vendedlogs/states/${retrainingName(config)}`,
          retention: config.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Task tokens are in it: a reader of the log could answer for a trainer. The execution's own history keeps it.
        includeExecutionData: false,
      },
    });
    const grants: [string, string[]][] = [
      ["lambda:InvokeFunction", functions.map(([, arn]) => arn)],
      ["sns:Publish", [topic.topicArn]],
    ];
    for (const [action, resources] of grants) {
      this.stateMachine.addToRolePolicy(new PolicyStatement({ actions: [action], resources }));
    }
    acknowledge(
      this.stateMachine.role,
      "AwsSolutions-IAM5[Resource::*]",
      "Delivery of logs and X-Ray segments cannot be granted by resource: their actions know none",
    );
    this.grantShards(config);
  }

  /** A distributed map starts its own state machine; a policy on the resource would be circular. */
  private grantShards(config: StageConfig): void {
    const children = retrainingArn(this, config, "execution", ":*");
    const redriven = retrainingArn(this, config, "execution", "/shards:*");
    const policy = new Policy(this, "ShardsPolicy", {
      roles: [this.stateMachine.role],
      statements: [
        new PolicyStatement({ actions: ["states:StartExecution"], resources: [retrainingArn(this, config)] }),
        new PolicyStatement({ actions: ["states:DescribeExecution", "states:StopExecution"], resources: [children] }),
        new PolicyStatement({ actions: ["states:RedriveExecution"], resources: [redriven] }),
      ],
    });
    // An execution that starts as soon as the machine exists can have its shards processed.
    this.stateMachine.node.defaultChild?.node.addDependency(policy);
    for (const resource of [children, redriven]) {
      acknowledgeWildcard(
        policy,
        resource,
        "Executions get their names when they start; these are this machine's alone",
      );
    }
  }
}
