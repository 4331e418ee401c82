import { randomUUID } from "node:crypto";
import { CreateStateMachineCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeEach, describe, expect, inject, it } from "vitest";
import type { S3Store } from "../../../aws/s3-store.ts";
import { isExecutionRunning } from "../../../aws/state-machine.ts";
import { acquireRetrainingLock } from "../../../lambdas/acquire-lock/logic.ts";
import { createBucket, localClient } from "../../support/ministack.ts";

const { aws } = inject("services");
let store: S3Store;
beforeEach(async () => {
  store = await createBucket(aws, `lock-${randomUUID().slice(0, 8)}`);
});

describe("S3Store.writeIfUnchanged", () => {
  it("writes the first time, then only over the content that was seen", async () => {
    expect(await store.writeIfUnchanged("lock", "1", undefined)).toBe(true);
    expect(await store.writeIfUnchanged("lock", "2", undefined)).toBe(false);
    const etag = (await store.head("lock"))?.etag;
    expect(await store.writeIfUnchanged("lock", "3", etag)).toBe(true);
    expect(await store.writeIfUnchanged("lock", "4", etag)).toBe(false);
    expect(Buffer.from(await store.read("lock")).toString()).toBe("3");
  });
});

describe("the retraining lock", () => {
  it("says to the second which execution runs, and lets it go on once that one was aborted", async () => {
    const sfn = new SFNClient(localClient(aws));
    const { stateMachineArn } = await sfn.send(
      new CreateStateMachineCommand({
        name: `wait-${randomUUID().slice(0, 8)}`,
        definition: JSON.stringify({ StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 600, End: true } } }),
        roleArn: "arn:aws:iam::000000000000:role/test",
      }),
    );
    const start = async (name: string) =>
      (await sfn.send(new StartExecutionCommand({ stateMachineArn, name }))).executionArn ?? "";
    const [first, second] = [await start("first"), await start("second")];
    const take = (arn: string) => acquireRetrainingLock(arn, store, (each) => isExecutionRunning(sfn, each));
    expect(await take(first)).toEqual({ acquired: true });
    expect(await take(second)).toEqual({
      acquired: false,
      holder: first,
      reason: expect.stringMatching(/^Not started: the retraining first has been running since 20/),
    });
    await sfn.send(new StopExecutionCommand({ executionArn: first }));
    expect(await take(second)).toEqual({ acquired: true });
    await sfn.send(new StopExecutionCommand({ executionArn: second }));
  });
});
