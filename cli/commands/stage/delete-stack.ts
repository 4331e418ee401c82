import {
  type CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateDescribeStackEvents,
  waitUntilStackDeleteComplete,
} from "@aws-sdk/client-cloudformation";
import { NamedError } from "../../../core/errors.ts";
import { retry } from "../../../core/http/retry.ts";

/**
 * A second attempt often succeeds: something else still held a resource, or a bucket was written to meanwhile. A
 * CloudFront distribution and a database cluster take a quarter of an hour each.
 */
const policy = { maxAttempts: 3, maxElapsed: 4 * 3600_000, initialInterval: 0 };

class DeleteFailedError extends NamedError {
  constructor(stack: string, reasons: readonly string[], cause: unknown) {
    const advice = "Mend it, then run the command again: it goes on from there.";
    super("StackNotDeleted", `${stack} cannot be deleted:\n  ${reasons.join("\n  ")}\n${advice}`, { cause });
  }
}

/**
 * Deletes a stack and waits until it is gone. `prepare` runs before each attempt.
 * @throws NamedError `StackNotDeleted` with CloudFormation's reasons; the next call goes on from there
 */
export async function deleteStack(
  client: CloudFormationClient,
  StackName: string,
  prepare: () => Promise<void>,
): Promise<void> {
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  // A stack that is gone is found by its id only.
  const byId = { StackName: stack?.StackId ?? StackName };
  const attempt = async () => {
    await prepare();
    const started = new Date();
    await client.send(new DeleteStackCommand({ StackName }));
    try {
      await waitUntilStackDeleteComplete({ client, maxWaitTime: 3600, minDelay: 1, maxDelay: 10 }, byId);
    } catch (cause) {
      const { Stacks: [now] = [] } = await client.send(new DescribeStacksCommand(byId));
      if (now?.StackStatus !== "DELETE_FAILED") throw cause;
      throw new DeleteFailedError(StackName, await readFailures(client, byId.StackName, started), cause);
    }
  };
  await retry(attempt, policy, { shouldRetry: (error) => error instanceof DeleteFailedError });
}

async function readFailures(client: CloudFormationClient, StackName: string, since: Date): Promise<string[]> {
  const reasons: string[] = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName })) {
    for (const event of StackEvents) {
      // The events come with the newest first; their time has no fractions everywhere.
      if ((event.Timestamp?.getTime() ?? 0) < since.getTime() - 1000) return reasons;
      if (event.ResourceStatus !== "DELETE_FAILED" || event.PhysicalResourceId === event.StackId) continue;
      reasons.push(`${event.ResourceType} ${event.PhysicalResourceId}: ${event.ResourceStatusReason}`);
    }
  }
  return reasons;
}
