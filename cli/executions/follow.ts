import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  type HistoryEvent,
  ListMapRunsCommand,
  paginateGetExecutionHistory,
  SFNClient,
} from "@aws-sdk/client-sfn";

/** One state's stay in an execution. */
interface StepTime {
  name: string;
  /** Seconds; undefined while it runs. */
  seconds?: number;
}

export interface ExecutionEnd {
  status: string;
  output: unknown;
  error?: string;
  cause?: string;
  steps: StepTime[];
}

export interface Watcher {
  onEntered(step: string): void;
  onLeft(step: string, seconds: number): void;
  /** Work items of a Distributed Map, done and in all. */
  onMap(done: number, total: number): void;
}

/**
 * Follows an execution to its end, telling of each state as it is entered and left. Choices and Passes are left out.
 * @throws AbortError at the signal, which leaves the execution alone
 */
export async function followExecution(
  executionArn: string,
  watcher: Watcher,
  client = new SFNClient(),
  signal?: AbortSignal,
): Promise<ExecutionEnd> {
  const entered = new Map<string, number>();
  const steps: StepTime[] = [];
  let seen = 0;
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    for (const event of await readHistory(client, executionArn, seen)) {
      seen = event.id ?? seen;
      const at = event.timestamp?.getTime() ?? Date.now();
      const name = event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name;
      if (!name || !/^(Task|Map|Wait)State/.test(event.type ?? "")) continue;
      if (event.stateEnteredEventDetails) {
        entered.set(name, at);
        steps.push({ name });
        watcher.onEntered(name);
      } else {
        const seconds = (at - (entered.get(name) ?? at)) / 1000;
        const step = steps.findLast((each) => each.name === name);
        if (step) step.seconds = seconds;
        watcher.onLeft(name, seconds);
      }
    }
    if (execution.status !== "RUNNING") {
      return {
        status: execution.status ?? "UNKNOWN",
        output: execution.output ? JSON.parse(execution.output) : undefined,
        ...(execution.error && { error: execution.error }),
        ...(execution.cause && { cause: execution.cause }),
        steps,
      };
    }
    if (steps.at(-1)?.seconds === undefined) await reportMap(client, executionArn, watcher);
    await sleep(500, undefined, signal ? { signal } : {});
  }
}

async function readHistory(client: SFNClient, executionArn: string, after: number): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client }, { executionArn, includeExecutionData: false })) {
    events.push(...(page.events ?? []).filter(({ id = 0 }) => id > after));
  }
  return events;
}

async function reportMap(client: SFNClient, executionArn: string, watcher: Watcher): Promise<void> {
  const { mapRuns } = await client.send(new ListMapRunsCommand({ executionArn }));
  for (const { mapRunArn } of mapRuns ?? []) {
    const { itemCounts } = await client.send(new DescribeMapRunCommand({ mapRunArn }));
    if (itemCounts) watcher.onMap(itemCounts.succeeded ?? 0, itemCounts.total ?? 0);
  }
}
