import { type ECSClient, paginateListTasks, StopTaskCommand, waitUntilTasksStopped } from "@aws-sdk/client-ecs";
import { paginateListExecutions, type SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";

/** ARNs of the executions of a state machine that go on. */
export async function listRunning(client: SFNClient, stateMachineArn: string): Promise<string[]> {
  const found: string[] = [];
  const pages = paginateListExecutions({ client }, { stateMachineArn, statusFilter: "RUNNING" });
  for await (const { executions = [] } of pages) found.push(...executions.map(({ executionArn = "" }) => executionArn));
  return found;
}

/** Stops the executions of a state machine that go on. @returns how many */
export async function stopExecutions(client: SFNClient, stateMachineArn: string): Promise<number> {
  const running = await listRunning(client, stateMachineArn);
  const cause = "The stage is deleted";
  for (const executionArn of running) await client.send(new StopExecutionCommand({ executionArn, cause }));
  return running.length;
}

/** Ends the tasks of a cluster, which could not be deleted with them, and waits until they have ended. @returns how many */
export async function stopTasks(client: ECSClient, cluster: string): Promise<number> {
  const tasks: string[] = [];
  for await (const { taskArns = [] } of paginateListTasks({ client }, { cluster })) tasks.push(...taskArns);
  for (const task of tasks) {
    await client.send(new StopTaskCommand({ cluster, task, reason: "The stage is deleted" }));
    // A trainer may take two minutes to report its end.
    await waitUntilTasksStopped({ client, maxWaitTime: 240, minDelay: 1, maxDelay: 6 }, { cluster, tasks: [task] });
  }
  return tasks.length;
}
