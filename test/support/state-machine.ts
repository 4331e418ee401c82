import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import pMap from "p-map";
import { afterAll, beforeAll } from "vitest";
import { definition, type Machine, pathOf } from "./definition.ts";
import { localClient, startTestMinistack, type TestService } from "./ministack.ts";

/** What a task answers instead of being carried out, at every attempt. */
export type Mock = { Return: unknown } | { Throw: { Error: string; Cause: string } };
/** By the task's name; of several the first at its first visit, and so on, the last from then on. */
export type Mocks = Record<string, Mock | Mock[]>;

/** A Lambda's answer. */
export const answers = (payload: unknown): Mock => ({ Return: { StatusCode: 200, Payload: payload } });
/** A task's failure, at every attempt. */
export const throws = (name: string, cause = "why"): Mock => ({ Throw: { Error: name, Cause: cause } });

export interface Run {
  arn: string;
  status: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the execution leaves is what is being tested
  output: any;
  error: string | undefined;
  cause: string | undefined;
  /** Names of the states in the order in which they were entered. */
  states: string[];
  /** What each of them was given, as JSON, the last time. */
  inputs: Record<string, string>;
  /** How many attempts tasks took, in all. */
  attempts: number;
  /** The ways that it took through its states, as `pathOf` writes them. */
  paths: string[];
}

const account = "arn:aws:lambda:us-east-1:000000000000:function";

/** The states that a failing task leads through. */
export const failurePath = ["Record failure", "Notify failure", "Release lock after failure", "Failed"];

/** The real machine in a MiniStack of the test file's own, for all of its tests. */
export function useMockedMachine(): MockedMachine {
  const machine = new MockedMachine();
  let ministack: TestService;
  beforeAll(async () => {
    ministack = await startTestMinistack();
    await machine.create(ministack.url);
  });
  afterAll(() => ministack?.stop());
  return machine;
}

/** The real definition in a MiniStack. Tasks without a mock are carried out: only the notifications can be. */
export class MockedMachine {
  private readonly machine: Machine;
  private readonly name: string;
  private url = "";
  private sfn!: SFNClient;
  private sqs!: SQSClient;
  private arn = "";
  private queue = "";

  /** @param machine what it is made of, where that is a part of the definition */
  constructor(machine = definition, name = "retraining") {
    this.machine = machine;
    this.name = name;
  }

  async create(url: string): Promise<void> {
    this.url = url;
    this.sfn = new SFNClient(localClient(url));
    this.sqs = new SQSClient(localClient(url));
    const sns = new SNSClient(localClient(this.url));
    const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "retraining" }));
    await this.sqs.send(new CreateQueueCommand({ QueueName: "mails" }));
    this.queue = `${this.url}/000000000000/mails`;
    const Endpoint = "arn:aws:sqs:us-east-1:000000000000:mails";
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
    const asl = JSON.stringify(this.machine).replaceAll(/\$\{(\w+)\}/g, (_, name: string) =>
      name === "Topic" ? TopicArn : `${account}:${name}`,
    );
    const created = await this.sfn.send(
      new CreateStateMachineCommand({
        name: this.name,
        definition: asl,
        roleArn: "arn:aws:iam::000000000000:role/any",
      }),
    );
    this.arn = created.stateMachineArn ?? "";
  }

  /** Runs the machine with the answers that its tasks are to give. */
  async run(mocks: Mocks): Promise<Run> {
    const [run] = await this.runAll([mocks]);
    return run as Run;
  }

  /** Runs the machine once for each of the answers, some at a time. */
  async runAll(cases: readonly Mocks[]): Promise<Run[]> {
    await this.mock(cases);
    return pMap(cases, (_, i) => this.execute(`Case${i}`), { concurrency: 4 });
  }

  private async execute(name: string): Promise<Run> {
    const { executionArn: arn = "" } = await this.sfn.send(
      new StartExecutionCommand({ stateMachineArn: `${this.arn}#${name}`, input: "{}" }),
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
      const entered = events.flatMap(({ stateEnteredEventDetails: details }) => details ?? []);
      const states = entered.map(({ name = "" }) => name);
      const inputs = Object.fromEntries(entered.map(({ name, input = "" }) => [name, input]));
      const attempts = events.filter(({ type }) => type === "TaskScheduled").length;
      const paths = pathsTaken(events);
      return { arn, status, output: output && JSON.parse(output), error, cause, states, inputs, attempts, paths };
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

  private async mock(cases: readonly Mocks[]): Promise<void> {
    const named = cases.map((mocks, i) => [`Case${i}`, Object.entries(mocks)] as const);
    const responses = named.flatMap(([name, mocks]) =>
      mocks.map(([task, mock]) => [`${name} ${task}`, byAttempt([mock].flat())]),
    );
    const tests = named.map(([name, mocks]) => [
      name,
      Object.fromEntries(mocks.map(([task]) => [task, `${name} ${task}`])),
    ]);
    const config = {
      StateMachines: { [this.name]: { TestCases: Object.fromEntries(tests) } },
      MockedResponses: Object.fromEntries(responses),
    };
    await fetch(`${this.url}/_ministack/config`, {
      method: "POST",
      body: JSON.stringify({ "stepfunctions._sfn_mock_config": config, "stepfunctions._SFN_WAIT_SCALE": 0 }),
    });
  }
}

/** Of each state that was entered: the errors that it met there, and which state came next. */
function pathsTaken(events: readonly HistoryEvent[]): string[] {
  const visits: { state: string; errors: string[] }[] = [];
  for (const { stateEnteredEventDetails: entered, taskFailedEventDetails: failed } of events) {
    if (entered?.name) visits.push({ state: entered.name, errors: [] });
    if (failed?.error) visits.at(-1)?.errors.push(failed.error);
  }
  return visits.map(({ state, errors }, i) => pathOf(state, visits[i + 1]?.state, errors[0], errors.length));
}

/** Each answer once; the last one from then on. */
function byAttempt(mocks: Mock[]): Record<string, Mock> {
  const last = mocks.length - 1;
  return Object.fromEntries(mocks.map((mock, i) => [i === last ? `${i}-999` : String(i), mock]));
}
