import type { SFNClient } from "@aws-sdk/client-sfn";
import { bar, duration, type Progress } from "../terminal/progress.ts";
import { type ExecutionEnd, followExecution } from "./follow.ts";

/** Shows an execution to its end, or until the signal, which leaves it running. @throws AbortError */
export async function watchExecution(
  executionArn: string,
  progress: Progress,
  client: SFNClient,
  signal?: AbortSignal,
): Promise<ExecutionEnd> {
  // Steps that ask again and again are told of once.
  const told = new Set<string>();
  const watcher = {
    onEntered: (step: string) => progress.now(`  ▸ ${step}`),
    onLeft: (step: string, seconds: number) => {
      if (!told.has(step) && !step.startsWith("Wait")) progress.line(`  ✔ ${step.padEnd(22)} ${duration(seconds)}`);
      told.add(step);
    },
    onMap: (done: number, total: number) =>
      progress.now(`  ▸ Preprocessing ${bar(done, total)} ${done} of ${total} shards`),
  };
  const end = await followExecution(executionArn, watcher, client, signal);
  progress.now("");
  return end;
}
