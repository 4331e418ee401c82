import { readFileSync } from "node:fs";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { localClient } from "./ministack.ts";

/** What a task answers instead of being carried out, at every attempt. */
export type Mock = { Return: unknown } | { Throw: { Error: string; Cause: string } };

export interface Run {
  arn: string;
  status: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the execution leaves is what is being tested
  output: any;
  error: string | undefined;
  cause: string | undefined;
  /** Names of the states in the order in which they were entered. */
  states: string[];
  /** How many attempts tasks took, in all. */
  attempts: number;
}

const definition = new URL("../../statemachines/retraining.asl.json", import.meta.url);
const account = "arn:aws:lambda:us-east-1:000000000000:function";

/** The real definition in a MiniStack. Tasks without a mock are carried out: only the notifications can be. */
export class MockedMachine {
  private readonly url: string;
  private readonly sfn: SFNClient;
  private readonly sqs: SQSClient;
  private arn = "";
  private queue = "";

  constructor(url: string) {
    this.url = url;
    this.sfn = new SFNClient(localClient(url));
    this.sqs = new SQSClient(localClient(url));
  }

  async create(): Promise<void> {
    const sns = new SNSClient(localClient(this.url));
    const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "retraining" }));
    await this.sqs.send(new CreateQueueCommand({ QueueName: "mails" }));
    this.queue = `${this.url}/000000000000/mails`;
    const Endpoint = "arn:aws:sqs:us-east-1:000000000000:mails";
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
    const asl = readFileSync(definition, "utf8").replaceAll(/\$\{(\w+)\}/g, (_, name: string) =>
      name === "Topic" ? TopicArn : `${account}:${name}`,
    );
    const created = await this.sfn.send(
      new CreateStateMachineCommand({
        name: "retraining",
        definition: asl,
        roleArn: "arn:aws:iam::000000000000:role/any",
      }),
    );
    this.arn = created.stateMachineArn ?? "";
  }

  /** Runs the machine with the answers that its tasks are to give, one after the other where there are several. */
  async run(input: unknown, mocks: Record<string, Mock | Mock[]>): Promise<Run> {
    await this.mock(mocks);
    const { executionArn: arn = "" } = await this.sfn.send(
      new StartExecutionCommand({ stateMachineArn: `${this.arn}#Case`, input: JSON.stringify(input) }),
    );
    for (;;) {
      const { status, output, error, cause } = await this.sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
      if (status === "RUNNING") {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const { events = [] } = await this.sfn.send(
        new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000 }),
      );
      const states = events.flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []);
      const attempts = events.filter(({ type }) => type === "TaskScheduled").length;
      return { arn, status, output: output && JSON.parse(output), error, cause, states, attempts };
    }
  }

  /** What people were told of a run; mails come in their own time. */
  async mailOf({ arn }: Run, attempts = 20): Promise<{ subject: string; message: string }> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const received = await this.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      const mails = (received.Messages ?? []).map(({ Body }) => JSON.parse(Body ?? "{}"));
      const mail = mails.find(({ Message }) => Message.endsWith(`Execution: ${arn}`));
      if (mail) return { subject: mail.Subject, message: mail.Message };
    }
    throw new Error(`Nobody was told of ${arn}`);
  }

  private async mock(mocks: Record<string, Mock | Mock[]>): Promise<void> {
    const config = {
      StateMachines: {
        retraining: { TestCases: { Case: Object.fromEntries(Object.keys(mocks).map((name) => [name, name])) } },
      },
      MockedResponses: Object.fromEntries(
        Object.entries(mocks).map(([name, mock]) => [name, byAttempt([mock].flat())]),
      ),
    };
    await fetch(`${this.url}/_ministack/config`, {
      method: "POST",
      body: JSON.stringify({ "stepfunctions._sfn_mock_config": config, "stepfunctions._SFN_WAIT_SCALE": 0 }),
    });
  }
}

/** Each answer once; the last one from then on. */
function byAttempt(mocks: Mock[]): Record<string, Mock> {
  const last = mocks.length - 1;
  return Object.fromEntries(mocks.map((mock, i) => [i === last ? `${i}-999` : String(i), mock]));
}
