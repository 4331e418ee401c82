import { randomUUID } from "node:crypto";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, inject, it, vi } from "vitest";
import { SqsLauncher } from "../../../aws/launchers.ts";
import {
  hasRunningExecution,
  isExecutionRunning,
  sendTaskFailure,
  sendTaskSuccess,
} from "../../../aws/state-machine.ts";
import { launchMessage } from "../../../core/contracts/training.ts";
import { InvalidModelError } from "../../../core/errors.ts";
import { callback } from "../../../lambdas/shared/callback.ts";
import { localClient } from "../../support/ministack.ts";

const { aws } = inject("services");
const sfn = new SFNClient(localClient(aws));
const sqs = new SQSClient(localClient(aws));
let queueUrl: string;
let machine: string;
let execution: string;
let token: string;

async function receive(): Promise<string> {
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 10 }));
  return Messages?.[0]?.Body ?? "";
}

beforeEach(async () => {
  const name = `callback-${randomUUID().slice(0, 8)}`;
  queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl ?? "";
  const wait = {
    Type: "Task",
    Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters: { QueueUrl: queueUrl, "MessageBody.$": "$$.Task.Token" },
    TimeoutSeconds: 60,
    End: true,
  };
  const definition = JSON.stringify({ StartAt: "Wait", States: { Wait: wait } });
  const roleArn = "arn:aws:iam::000000000000:role/test";
  machine = (await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn }))).stateMachineArn ?? "";
  execution = (await sfn.send(new StartExecutionCommand({ stateMachineArn: machine }))).executionArn ?? "";
  token = await receive();
});

async function ended() {
  return vi.waitFor(async () => {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
    expect(found.status).not.toBe("RUNNING");
    return found;
  });
}

describe("answering a task", () => {
  it("hands on its result", async () => {
    expect(await isExecutionRunning(sfn, execution)).toBe(true);
    await sendTaskSuccess(sfn, token, { runId: "r1" });
    expect(await ended()).toMatchObject({ status: "SUCCEEDED", output: expect.stringMatching(/^\{"runId": ?"r1"\}$/) });
    expect(await isExecutionRunning(sfn, execution)).toBe(false);
  });

  it("hands on the name and the words of a failure", async () => {
    await sendTaskFailure(sfn, token, new InvalidModelError("trained on test fruits"));
    expect(await ended()).toMatchObject({ status: "FAILED", error: "InvalidModel", cause: "trained on test fruits" });
  });

  it("does not mind that nobody waits for the failure any more", async () => {
    await sendTaskSuccess(sfn, token, {});
    await expect(sendTaskFailure(sfn, token, new Error("too late"))).resolves.toBeUndefined();
  });

  it("leaves no token waiting when a task throws", async () => {
    const handler = callback(sfn, () => Promise.reject(new InvalidModelError("the environment is incomplete")));
    await handler({ taskToken: token }, {} as never);
    expect(await ended()).toMatchObject({ error: "InvalidModel", cause: "the environment is incomplete" });
  });
});

describe("isExecutionRunning", () => {
  it("is false for an execution that is gone", async () => {
    expect(await isExecutionRunning(sfn, `${execution}-gone`)).toBe(false);
  });
});

describe("hasRunningExecution", () => {
  it("is true as long as an execution waits, and not after it", async () => {
    expect(await hasRunningExecution(sfn, machine)).toBe(true);
    await sendTaskSuccess(sfn, token, {});
    await ended();
    expect(await hasRunningExecution(sfn, machine)).toBe(false);
  });

  it("is false for a state machine that was not deployed yet", async () => {
    expect(await hasRunningExecution(sfn, `${machine}-later`)).toBe(false);
  });
});

describe("SqsLauncher", () => {
  it("puts what the worker reads on the queue", async () => {
    const message = { runId: "r1", jobKey: "training/r1/job.json", datasetVersion: "v1" };
    await new SqsLauncher(sqs, queueUrl).launch(message);
    expect(launchMessage.parse(JSON.parse(await receive()))).toEqual(message);
  });
});
