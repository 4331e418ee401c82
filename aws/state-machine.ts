import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  paginateListExecutions,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { nothingTrained } from "../core/contracts/pipeline.ts";
import { errorMessage } from "../core/errors.ts";

/** The execution no longer waits for these tokens. */
const spent = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"];

/** Answers a task that waits for its token. */
export async function sendTaskSuccess(client: SFNClient, taskToken: string, output: unknown): Promise<void> {
  await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
}

/** Fails a task that waits for its token, with the error's name. It is not an error if the execution no longer waits. */
export async function sendTaskFailure(client: SFNClient, taskToken: string, error: unknown): Promise<void> {
  const name = error instanceof Error ? error.name : "Error";
  const input = { taskToken, error: name.slice(0, 256), cause: errorMessage(error).slice(0, 32_000) };
  try {
    await client.send(new SendTaskFailureCommand(input));
  } catch (rejected) {
    if (!(rejected instanceof Error && spent.includes(rejected.name))) throw rejected;
  }
}

/** Says that the task is being worked on. False when the execution no longer waits for this token. */
export async function sendHeartbeat(client: SFNClient, taskToken: string): Promise<boolean> {
  try {
    await client.send(new SendTaskHeartbeatCommand({ taskToken }));
    return true;
  } catch (rejected) {
    if (rejected instanceof Error && spent.includes(rejected.name)) return false;
    throw rejected;
  }
}

/**
 * Is the execution still going on? One that is gone is not. Status PENDING_REDRIVE is of no concern: only child executions of
 * a Map Run have it (`statusFilter` of ListExecutions in the API reference), and an execution that is redriven is RUNNING.
 */
export async function isExecutionRunning(client: SFNClient, executionArn: string): Promise<boolean> {
  try {
    return (await client.send(new DescribeExecutionCommand({ executionArn }))).status === "RUNNING";
  } catch (error) {
    if (error instanceof Error && ["ExecutionDoesNotExist", "InvalidArn"].includes(error.name)) return false;
    throw error;
  }
}

/** Does any execution of the state machine go on, be it that it only waits? One that was not deployed yet has none. */
export async function hasRunningExecution(client: SFNClient, stateMachineArn: string): Promise<boolean> {
  try {
    const running = { stateMachineArn, statusFilter: "RUNNING", maxResults: 1 } as const;
    return ((await client.send(new ListExecutionsCommand(running))).executions ?? []).length > 0;
  } catch (error) {
    if (error instanceof Error && error.name === "StateMachineDoesNotExist") return false;
    throw error;
  }
}

/** The executions that succeeded, the newest first, with the reason for which one did nothing. */
export async function* listSuccesses(client: SFNClient, stateMachineArn: string) {
  const pages = paginateListExecutions({ client }, { stateMachineArn, statusFilter: "SUCCEEDED" });
  for await (const { executions = [] } of pages) {
    for (const { executionArn, stopDate } of executions) {
      const { output = "null" } = await client.send(new DescribeExecutionCommand({ executionArn }));
      yield { endedAt: stopDate as Date, outcome: nothingTrained.safeParse(JSON.parse(output)).data?.outcome };
    }
  }
}

/** Starts an execution without input under a name, unless there is or was one of that name. */
export async function startExecutionOnce(client: SFNClient, stateMachineArn: string, name: string): Promise<void> {
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn, name, input: "{}" }));
  } catch (error) {
    if (!(error instanceof Error && error.name === "ExecutionAlreadyExists")) throw error;
  }
}
