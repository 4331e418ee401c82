import { Duration, TimeZone } from "aws-cdk-lib";
import { Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Schedule, ScheduleExpression, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { StepFunctionsStartExecution } from "aws-cdk-lib/aws-scheduler-targets";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { probePrefix } from "../../core/contracts/probe.ts";
import type { CloudConfig } from "../config.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import { NodeFunction } from "./node-function.ts";
import type { PrivateBucket } from "./private-bucket.ts";
import { retrainingArn } from "./retraining.ts";

export interface TriggersProps {
  config: CloudConfig;
  stateMachine: StateMachine;
  raw: PrivateBucket;
  data: PrivateBucket;
}

/** What starts retrainings by itself: the clock, and new data. Both start the same state machine. */
export class Triggers extends Construct {
  constructor(scope: Construct, id: string, props: TriggersProps) {
    super(scope, id);
    if (props.config.schedule) this.addSchedule(props, props.config.schedule);
    if (props.config.newData) this.addNewData(props, props.config.newData.quietMinutes);
  }

  private addSchedule({ config, stateMachine }: TriggersProps, schedule: NonNullable<CloudConfig["schedule"]>): void {
    new Schedule(this, "Schedule", {
      scheduleName: `avocado-${config.stage}-retraining`,
      description: "Starts the retraining",
      schedule: ScheduleExpression.expression(`cron(${schedule.cron})`, TimeZone.of(schedule.timeZone)),
      target: new StepFunctionsStartExecution(stateMachine, {
        input: ScheduleTargetInput.fromObject(schedule.input),
        maxEventAge: Duration.hours(1),
        retryAttempts: 5,
      }),
    });
  }

  /** Each new object is a message that waits; of those that come together one starts, when nothing came after it. */
  private addNewData({ config, stateMachine, raw, data }: TriggersProps, quietMinutes: number): void {
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) };
    const queueName = `avocado-${config.stage}-new-data`;
    const queue = new Queue(this, "NewData", {
      ...common,
      queueName,
      deliveryDelay: Duration.minutes(quietMinutes),
      // So long a message is held back while a retraining runs; a day and a half of that is the longest retraining.
      visibilityTimeout: Duration.minutes(15),
      deadLetterQueue: {
        queue: new Queue(this, "DeadLetters", { ...common, queueName: `${queueName}-dead-letters` }),
        maxReceiveCount: 300,
      },
    });
    new Rule(this, "ObjectCreated", {
      description: "New objects in the raw bucket",
      eventPattern: {
        source: ["aws.s3"],
        detailType: ["Object Created"],
        detail: { bucket: { name: [raw.name] }, object: { key: [{ "anything-but": { prefix: probePrefix } }] } },
      },
      targets: [new SqsQueue(queue)],
    });
    const start = new NodeFunction(this, "StartOnNewData", {
      config,
      handler: "start-on-new-data",
      description: "Starts a retraining once new data is there whole",
      timeout: Duration.minutes(2),
      memoryMegabytes: 256,
      environment: {
        RAW_BUCKET: raw.name,
        DATA_BUCKET: data.name,
        STATE_MACHINE_ARN: stateMachine.stateMachineArn,
        QUIET_MINUTES: String(quietMinutes),
      },
    });
    start.function.addEventSource(
      // A folder of photographs is thousands of messages: one look at the bucket serves as many as can be.
      new SqsEventSource(queue, {
        batchSize: 1000,
        maxBatchingWindow: Duration.minutes(1),
        // AWS's least. Without it Lambda begins with five, each of which lists the bucket.
        maxConcurrency: 2,
        reportBatchItemFailures: true,
      }),
    );
    raw.grantList(start);
    data.grantRead(start, "locks/");
    start.allow(["states:StartExecution"], [stateMachine.stateMachineArn]);
    const executions = retrainingArn(this, config, "execution", ":*");
    start.allow(["states:DescribeExecution"], [executions]);
    acknowledgeWildcard(start, executions, "It asks whether the execution that holds the lock goes on");
  }
}
