import { DescribeRuleCommand, type EventBridgeClient, ListTargetsByRuleCommand } from "@aws-sdk/client-eventbridge";
import { GetScheduleCommand, type SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { ask } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** Does the schedule start retrainings? `name`: none where the stage has no schedule. */
export async function checkSchedule(client: SchedulerClient, name: string | undefined): Promise<Finding> {
  if (!name) return { check: "schedule", state: "ok", found: "none is configured" };
  return ask("schedule", "scheduler:GetSchedule", async () => {
    const { State, ScheduleExpression, ScheduleExpressionTimezone } = await client.send(
      new GetScheduleCommand({ Name: name }),
    );
    const found = `${State}: ${ScheduleExpression} ${ScheduleExpressionTimezone ?? ""}`.trim();
    if (State === "ENABLED") return { state: "ok", found };
    return { state: "missing", found, advice: `Enable ${name} in the console of EventBridge Scheduler.` };
  });
}

/** Do the event rules call something? */
export async function checkRules(client: EventBridgeClient, rules: readonly string[]): Promise<Finding> {
  if (rules.length === 0) return { check: "event rules", state: "ok", found: "none is configured" };
  return ask("event rules", "events:DescribeRule and events:ListTargetsByRule", async () => {
    const broken: string[] = [];
    const advice: string[] = [];
    for (const name of rules) {
      const { State } = await client.send(new DescribeRuleCommand({ Name: name }));
      const { Targets = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: name }));
      if (State !== "ENABLED") broken.push(`${name} is ${State}`);
      if (State !== "ENABLED") advice.push(`aws events enable-rule --name ${name}`);
      if (Targets.length === 0) broken.push(`${name} has no target`);
    }
    if (broken.length === 0) return { state: "ok", found: `${rules.length} enabled, each with a target` };
    const redeploy = "A rule without a target: deploy again.";
    return { state: "missing", found: broken.join("; "), advice: [...advice, redeploy].join("\n") };
  });
}

/** Are there messages that were given up? */
export function checkDeadLetters(client: SQSClient, queues: readonly string[]): Promise<Finding> {
  return ask("dead-letter queues", "sqs:GetQueueAttributes", async () => {
    const filled: string[] = [];
    for (const QueueUrl of queues) {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
      );
      const count = Number(Attributes?.ApproximateNumberOfMessages ?? 0);
      if (count > 0) filled.push(`${count} in ${QueueUrl.split("/").at(-1)}`);
    }
    if (filled.length === 0) return { state: "ok", found: queues.length > 0 ? "empty" : "none is configured" };
    const advice =
      "docs/operations.md, alarms: what each queue means. Then purge it: aws sqs purge-queue --queue-url <queue>";
    return { state: "warning", found: filled.join(", "), advice };
  });
}
