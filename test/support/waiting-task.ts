import { randomUUID } from "node:crypto";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { localClient } from "./ministack.ts";

/** An execution of a state machine whose only task waits for an answer with its token. */
export interface WaitingTask {
  executionArn: string;
  taskToken: string;
  /** How the execution ended. */
  end(): Promise<{ status?: string; output?: string; error?: string; cause?: string }>;
}

/** Starts such an execution in a MiniStack. */
export async function startWaitingTask(aws: string): Promise<WaitingTask> {
  const sfn = new SFNClient(localClient(aws));
  const sqs = new SQSClient(localClient(aws));
  const name = `waiting-${randomUUID().slice(0, 8)}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const wait = {
    Type: "Task",
    Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters: { QueueUrl, "MessageBody.$": "$$.Task.Token" },
    TimeoutSeconds: 300,
    End: true,
  };
  const definition = JSON.stringify({ StartAt: "Wait", States: { Wait: wait } });
  const roleArn = "arn:aws:iam::000000000000:role/test";
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn }));
  const { executionArn = "" } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }));
  return {
    executionArn,
    taskToken: Messages?.[0]?.Body ?? "",
    async end() {
      for (;;) {
        const { status, output, error, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
        if (status !== "RUNNING") {
          return {
            ...(status && { status }),
            ...(output && { output }),
            ...(error && { error }),
            ...(cause && { cause }),
          };
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}
