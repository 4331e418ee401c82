import { Duration, Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import type { StageConfig } from "../config.ts";

/** When an alarm fires, and what it then says. */
export interface AlarmRule {
  /** Last part of its name, and of its heading in docs/operations.md. */
  name: string;
  /** What is the matter, as a sentence. */
  meaning: string;
  namespace: string;
  metric: string;
  dimensions?: Record<string, string>;
  /** `Sum`, `Maximum`, `p95` and so on, of each period. */
  statistic: string;
  /** Fires at this value or above; below it with `comparison: "below"`. */
  threshold: number;
  comparison?: "below";
  /** In minutes (default: 5). */
  period?: number;
  /** How many of how many periods (default: one). */
  periods?: { datapointsToAlarm: number; of: number };
  /** What a period without data means (default: all is well). */
  missing?: TreatMissingData;
}

/** A stage's alarms, and the topic that they notify. They are plain: an emulated CloudWatch knows no metric math. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly all: Alarm[] = [];
  private readonly config: StageConfig;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    this.config = config;
    this.topic = new Topic(this, "Topic", {
      topicName: `avocado-${config.stage}-alarms`,
      displayName: `Avocado alarms, ${config.stage}`,
      enforceSSL: true,
    });
    // A topic with a policy of its own no longer trusts its account by default.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
    for (const address of config.notificationEmails) this.topic.addSubscription(new EmailSubscription(address));
  }

  /** Adds an alarm that notifies the topic, and tells it when all is well again. */
  add(rule: AlarmRule): void {
    const { name, meaning, periods = { datapointsToAlarm: 1, of: 1 } } = rule;
    const alarm = new Alarm(this, name, {
      alarmName: `avocado-${this.config.stage}-${name}`,
      alarmDescription: `${meaning} What to do: docs/operations.md, alarm ${name}.`,
      metric: new Metric({
        namespace: rule.namespace,
        metricName: rule.metric,
        ...(rule.dimensions && { dimensionsMap: rule.dimensions }),
        statistic: rule.statistic,
        period: Duration.minutes(rule.period ?? 5),
      }),
      threshold: rule.threshold,
      comparisonOperator:
        rule.comparison === "below"
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: periods.datapointsToAlarm,
      evaluationPeriods: periods.of,
      treatMissingData: rule.missing ?? TreatMissingData.NOT_BREACHING,
      // A handful of requests makes no percentile.
      ...(/^p\d/.test(rule.statistic) && { evaluateLowSampleCountPercentile: "ignore" }),
    });
    const action = new SnsAction(this.topic as ITopic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.all.push(alarm);
  }
}
