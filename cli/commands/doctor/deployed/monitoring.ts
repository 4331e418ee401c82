import { type CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { paginateListSubscriptionsByTopic, type SNSClient } from "@aws-sdk/client-sns";
import { ask } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** Does someone receive what a topic says? A mail address counts once its owner has confirmed it. */
export function checkSubscriptions(client: SNSClient, topic: string, stage: string): Promise<Finding> {
  const name = topic.split("-").at(-1);
  return ask(`mails: ${name}`, "sns:ListSubscriptionsByTopic", async () => {
    const confirmed: string[] = [];
    const pending: string[] = [];
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn: topic })) {
      for (const { Endpoint = "", SubscriptionArn = "" } of Subscriptions)
        (SubscriptionArn.startsWith("arn:") ? confirmed : pending).push(Endpoint);
    }
    if (pending.length > 0) {
      const again = `aws sns subscribe --topic-arn ${topic} --protocol email --notification-endpoint <address>`;
      const advice = `Open "AWS Notification - Subscription Confirmation" and follow its link. To have it sent again:\n${again}`;
      return { state: "missing", found: `not confirmed: ${pending.join(", ")}`, advice };
    }
    if (confirmed.length > 0) return { state: "ok", found: confirmed.join(", ") };
    if (stage === "local") return { state: "ok", found: "go to no one" };
    return { state: "warning", found: "go to no one", advice: `Add \`notificationEmails\` to config/${stage}.json.` };
  });
}

/** Which alarms fire, and which have no data yet? */
export function checkAlarms(client: CloudWatchClient, stage: string): Promise<Finding> {
  const AlarmNamePrefix = `avocado-${stage}-`;
  return ask("alarms", "cloudwatch:DescribeAlarms", async () => {
    const alarms: MetricAlarm[] = [];
    for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix }))
      alarms.push(...(page.MetricAlarms ?? []));
    const named = (state: string) =>
      alarms
        .filter(({ StateValue }) => StateValue === state)
        .map(({ AlarmName = "" }) => AlarmName.slice(AlarmNamePrefix.length))
        .join(", ");
    const [firing, empty] = [named("ALARM"), named("INSUFFICIENT_DATA")];
    if (alarms.length === 0)
      return { state: "missing", found: "there are none", advice: "Deploy the monitoring stack." };
    const silent = empty && `No data yet: ${empty}`;
    if (!firing) return { state: "ok", found: `${alarms.length}, none fires`, ...(silent && { advice: silent }) };
    const advice = ["docs/operations.md, alarms: what each means and what to do.", silent].filter(Boolean).join("\n");
    return { state: "warning", found: `fires: ${firing}`, advice };
  });
}
