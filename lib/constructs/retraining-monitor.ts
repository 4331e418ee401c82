import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { metricNames, metricNamespace } from "../../core/contracts/metrics.ts";
import type { CloudConfig } from "../config.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import type { Alarms } from "./alarms.ts";
import { NodeFunction } from "./node-function.ts";
import { retrainingArn } from "./retraining.ts";

export interface RetrainingMonitorProps {
  config: CloudConfig;
  alarms: Alarms;
  /** Within so many days a retraining has to succeed. */
  days: number;
}

/** Looks once a day for how long no retraining has succeeded: an alarm by itself looks back a week at most. */
export class RetrainingMonitor extends Construct {
  constructor(scope: Construct, id: string, { config, alarms, days }: RetrainingMonitorProps) {
    super(scope, id);
    const machine = retrainingArn(this, config);
    const check = new NodeFunction(this, "Check", {
      config,
      handler: "check-retraining",
      description: "Tells for how long no retraining has succeeded",
      timeout: Duration.minutes(1),
      memoryMegabytes: 256,
      environment: { STATE_MACHINE_ARN: machine, POWERTOOLS_METRICS_NAMESPACE: metricNamespace(config.stage) },
    });
    check.allow(["states:ListExecutions", "states:DescribeStateMachine"], [machine]);
    const executions = retrainingArn(this, config, "execution", ":*");
    check.allow(["states:DescribeExecution"], [executions]);
    acknowledgeWildcard(check, executions, "It asks what executions have left, whichever those were");
    new Rule(this, "Daily", {
      description: "Asks when a retraining last succeeded",
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new LambdaFunction(check.function)],
    });
    alarms.add({
      name: "retraining-overdue",
      meaning: `No retraining has succeeded for ${days} days, although they are scheduled.`,
      namespace: metricNamespace(config.stage),
      metric: metricNames.daysSinceRetraining,
      dimensions: { service: "check-retraining" },
      statistic: "Maximum",
      threshold: days,
      // Until the next look nothing has changed.
      missing: TreatMissingData.IGNORE,
    });
  }
}
