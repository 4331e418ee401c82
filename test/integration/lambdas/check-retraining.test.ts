import { randomUUID } from "node:crypto";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { localAws } from "../../../local/ministack.ts";
import { lambdaContext } from "../../support/api-event.ts";
import { localClient } from "../../support/ministack.ts";

const { aws } = inject("services");
const sfn = new SFNClient(localClient(aws));
const secondsPerDay = 86_400;
let stateMachineArn: string;
let handler: (event: unknown, context: typeof lambdaContext) => Promise<{ days: number }>;

beforeEach(async () => {
  const States = {
    Choose: { Type: "Choice", Choices: [{ Variable: "$.fail", IsPresent: true, Next: "No" }], Default: "Yes" },
    Yes: { Type: "Succeed" },
    No: { Type: "Fail", Error: "TrainerDied" },
  };
  const definition = JSON.stringify({ StartAt: "Choose", States });
  const roleArn = "arn:aws:iam::000000000000:role/test";
  const made = await sfn.send(new CreateStateMachineCommand({ name: `overdue-${randomUUID()}`, definition, roleArn }));
  stateMachineArn = made.stateMachineArn ?? "";
  const quiet = { POWERTOOLS_LOG_LEVEL: "SILENT", POWERTOOLS_METRICS_DISABLED: "true" };
  const variables = { ...localAws(aws), ...quiet, STATE_MACHINE_ARN: stateMachineArn };
  for (const [key, value] of Object.entries(variables)) vi.stubEnv(key, value);
  vi.resetModules();
  ({ handler } = await import("../../../lambdas/check-retraining/handler.ts"));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

async function execute(input: object): Promise<Date> {
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return vi.waitFor(async () => {
    const { status, stopDate } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect(status).not.toBe("RUNNING");
    return stopDate as Date;
  });
}

/** What the Lambda says when it is asked so many days after this. */
async function daysSeen(after: Date, days: number): Promise<number> {
  vi.useFakeTimers({ now: after.getTime() + days * secondsPerDay * 1000, toFake: ["Date"] });
  return (await handler({}, lambdaContext)).days;
}

it("counts from the last execution that succeeded, whatever failed since", async () => {
  const succeeded = await execute({});
  await execute({ fail: true });
  expect(await daysSeen(succeeded, 3)).toBeCloseTo(3, 3);
});

it("counts no execution that did nothing", async () => {
  const succeeded = await execute({});
  await execute({ outcome: "AlreadyRunning", holder: "arn:other", reason: "Another one runs." });
  await execute({ outcome: "NoData", reason: "There is none." });
  // Exactly: the others ended milliseconds later.
  expect(await daysSeen(succeeded, 2)).toBe(2);
});

it("counts from the state machine's making while none has succeeded", async () => {
  const failed = await execute({ fail: true });
  expect(await daysSeen(failed, 5)).toBeCloseTo(5, 3);
});
