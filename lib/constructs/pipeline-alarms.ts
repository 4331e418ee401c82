import { isLocal, type StageConfig } from "../config.ts";
import type { Alarms } from "./alarms.ts";

/** Alarms of the pipeline: a retraining ended badly, messages were given up, a Lambda in the background fails. */
export function addPipelineAlarms(alarms: Alarms, config: StageConfig, stateMachineArn: string): void {
  for (const [metric, name, meaning] of [
    ["ExecutionsFailed", "retraining-failed", "A retraining failed. The champion is untouched."],
    ["ExecutionsTimedOut", "retraining-timed-out", "A retraining took too long. The champion is untouched."],
    ["ExecutionsAborted", "retraining-aborted", "Somebody stopped a retraining. The champion is untouched."],
  ] as const) {
    const dimensions = { StateMachineArn: stateMachineArn };
    alarms.add({ name, meaning, namespace: "AWS/States", metric, dimensions, statistic: "Sum", threshold: 1 });
  }
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
      meaning: `The Lambda ${handler}, which nobody waits for, fails.`,
      namespace: "AWS/Lambda",
      metric: "Errors",
      dimensions: { FunctionName: `avocado-${config.stage}-${handler}` },
      statistic: "Sum",
      threshold: 1,
    });
  }
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
    ...(config.registry.sleepAfterMinutes ? ["sleep-registry"] : []),
    ...(config.schedule?.succeedWithinDays ? ["check-retraining"] : []),
  ];
}
