import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Launcher, LaunchMessage } from "../core/contracts/training.ts";

/**
 * Puts trainings on a queue that a worker reads. A message may come twice; the worker starts no second trainer for a run
 * that is being trained.
 */
export class SqsLauncher implements Launcher {
  private readonly client: SQSClient;
  private readonly queueUrl: string;

  constructor(client: SQSClient, queueUrl: string) {
    this.client = client;
    this.queueUrl = queueUrl;
  }

  async launch(message: LaunchMessage): Promise<void> {
    await this.client.send(new SendMessageCommand({ QueueUrl: this.queueUrl, MessageBody: JSON.stringify(message) }));
  }
}
