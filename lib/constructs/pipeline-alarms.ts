import { EventField, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SnsTopic } from "aws-cdk-lib/aws-events-targets";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { isLocal, type StageConfig } from "../config.ts";
import type { Alarms } from "./alarms.ts";

/** Alarms of the pipeline: a retraining ended badly, messages were given up, a Lambda in the background fails. */
export function addPipelineAlarms(alarms: Alarms, config: StageConfig, stateMachineArn: string): void {
  announceEnds(alarms, config, stateMachineArn);
  for (const queue of deadLetterQueues(config)) {
    alarms.add({
      name: `${queue}-dead-letters`,
      meaning: `Messages of ${queue} were given up after many tries.`,
      namespace: "AWS/SQS",
      metric: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: `avocado-${config.stage}-${queue}-dead-letters` },
      statistic: "Maximum",
      threshold: 1,
    });
  }
  for (const handler of backgroundFunctions(config)) {
    alarms.add({
      name: `${handler}-fails`,
      meaning: `The Lambda ${handler}, which runs asynchronously, fails.`,
      namespace: "AWS/Lambda",
      metric: "Errors",
      dimensions: { FunctionName: `avocado-${config.stage}-${handler}` },
      statistic: "Sum",
      threshold: 1,
    });
  }
}

// The topic lets every rule of EventBridge publish: AWS documents that such a policy may have no condition
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html).
/** An event has the execution's name, comes at once and costs nothing; an alarm for each of the three ends would cost 0.30 a month. */
function announceEnds(alarms: Alarms, { stage }: StageConfig, stateMachineArn: string): void {
  const text = (path: string) => EventField.fromPath(path);
  new Rule(alarms, "RetrainingEnded", {
    ruleName: `avocado-${stage}-retraining-ended`,
    description: "Retrainings that failed, took too long or were stopped",
    eventPattern: {
      source: ["aws.states"],
      detailType: ["Step Functions Execution Status Change"],
      detail: { stateMachineArn: [stateMachineArn], status: ["FAILED", "TIMED_OUT", "ABORTED"] },
    },
    targets: [
      new SnsTopic(alarms.topic as ITopic, {
        message: RuleTargetInput.fromText(
          `A retraining of stage ${stage} ended: ${text("$.detail.status")}. The champion is untouched. ` +
            `What to do: docs/operations.md, event retraining-ended. ${text("$.detail.executionArn")}`,
        ),
      }),
    ],
  });
}

function deadLetterQueues(config: StageConfig): string[] {
  if (isLocal(config)) return ["training"];
  return config.newData ? ["new-data"] : [];
}

/** Lambdas that are started by events and the clock. Those of the state machine fail its execution. */
function backgroundFunctions(config: StageConfig): string[] {
  if (isLocal(config)) return [];
  return [
    "trainer-stopped",
    "check-champion",
    ...(config.newData ? ["start-on-new-data"] : []),
    ...(config.registry.scaleToZeroAfterMinutes ? ["stop-idle-registry"] : []),
    ...(config.schedule?.succeedWithinDays ? ["check-retraining"] : []),
  ];
}
