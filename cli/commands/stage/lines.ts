import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";

/** Lines that are added to a file from now on, until the signal. */
export async function* linesOfFile(path: string, signal: AbortSignal): AsyncGenerator<string> {
  let seen = await sizeOf(path);
  let rest = "";
  while (await pause(500, signal)) {
    const size = await sizeOf(path);
    if (size <= seen) continue;
    const file = await open(path);
    try {
      const { buffer } = await file.read(Buffer.alloc(size - seen), 0, size - seen, seen);
      const lines = (rest + buffer.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    } finally {
      await file.close();
    }
    seen = size;
  }
}

/** Lines that come into a log group from now on, until the signal. A group that does not exist yet has none. */
export async function* linesOfLogGroup(
  client: CloudWatchLogsClient,
  logGroupName: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let startTime = Date.now();
  const seen = new Set<string>();
  while (await pause(3000, signal)) {
    try {
      for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName, startTime })) {
        for (const { eventId = "", message = "", timestamp = 0 } of events) {
          if (seen.has(eventId)) continue;
          seen.add(eventId);
          startTime = Math.max(startTime, timestamp);
          yield message.trimEnd();
        }
      }
    } catch (error) {
      if (!(error instanceof Error && error.name === "ResourceNotFoundException")) throw error;
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, true, { signal }).catch(() => false);
}
