import { Duration, Stack } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { LocalConfig } from "../config.ts";

/** Trainings that wait for the worker of a local stack. */
export class TrainingQueue extends Construct {
  readonly url: string;
  private readonly queue: Queue;

  constructor(scope: Construct, id: string, config: LocalConfig) {
    super(scope, id);
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) };
    const queueName = `avocado-${config.stage}-training`;
    const deadLetters = new Queue(this, "DeadLetters", { ...common, queueName: `${queueName}-dead-letters` });
    this.queue = new Queue(this, "Queue", {
      ...common,
      queueName,
      // The worker takes a message off the queue once the trainer runs, which takes seconds.
      visibilityTimeout: Duration.minutes(2),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 },
    });
    // The emulated SQS calls itself `localhost`, which not every machine resolves to where it listens.
    this.url = `${config.endpoint}/${Stack.of(this).account}/${queueName}`;
  }

  /** Allows to put trainings on the queue. */
  grantSend(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [this.queue.queueArn] }),
    );
  }
}
