import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { validateInput } from "../../../core/contracts/execution.ts";
import type { CheckedKernel } from "../../../core/contracts/kaggle.ts";
import { startTestMinistack, type TestService } from "../../support/ministack.ts";
import { type Mock, MockedMachine } from "../../support/state-machine.ts";

const answers = (payload: unknown): Mock => ({ Return: { StatusCode: 200, Payload: payload } });
const throws = (name: string, cause = "why"): Mock => ({ Throw: { Error: name, Cause: cause } });

const input = validateInput({ strategy: "kaggle", newData: false });
const dataset = { version: "0123456789abcdef", rows: 3, photographs: 3, labelled: 2, dropped: {} };
const since = "2026-01-01T00:00:00.000Z";
const uploading = { ready: false, since, uploaded: true, waitSeconds: 60 };
const ready = { ...uploading, ready: true, source: "jane/avocado-ripening/2" };
const kernel = { outcome: "pushed", owner: "jane", slug: "avocado-train-1", runId: "run-1", headRunId: "run-0", since };
const checked = (outcome: CheckedKernel["outcome"], status: string, rest: Partial<CheckedKernel> = {}): Mock =>
  answers({ outcome, status, queueSeconds: 1, runSeconds: 0, waitSeconds: 60, ...rest });
const training = { runId: "run-1", modelVersion: "4", metrics: { best_val_mae: 1 }, reused: false };
const evaluation = {
  promoted: false,
  reason: "Version 4 is not promoted.",
  metric: "mse",
  challenger: { version: "4", runId: "run-1", metrics: { mse: 1 } },
};

const well: Record<string, Mock | Mock[]> = {
  "Validate input": answers(input),
  "Take lock": answers({ taken: true }),
  "Release lock": answers({ released: true }),
  "Release lock after failure": answers({ released: true }),
  "Wake registry": answers({ slept: false, seconds: 0 }),
  "Find data set": answers(dataset),
  "Upload data set": answers(ready),
  "Push kernel": answers(kernel),
  "Check kernel": checked("complete", "COMPLETE"),
  "Collect training": answers(training),
  "Evaluate model": answers(evaluation),
  "Record failure": answers({ error: "KernelFailed", reason: "The kernel failed. Its last lines: out of memory" }),
};

let ministack: TestService;
let machine: MockedMachine;
beforeAll(async () => {
  ministack = await startTestMinistack();
  machine = new MockedMachine(ministack.url);
  await machine.create();
});
afterAll(() => ministack?.stop());

describe("strategy 'kaggle'", () => {
  it("uploads, pushes, checks, collects, and goes on as with any other trainer", async () => {
    const { status, states, output } = await machine.run({}, well);
    expect(status).toBe("SUCCEEDED");
    expect(output).toMatchObject({ dataset, training, evaluation });
    expect(states.slice(states.indexOf("Where to train?"), states.indexOf("Promoted?"))).toEqual([
      "Where to train?",
      "Upload data set",
      "Data set ready?",
      "Push kernel",
      "Already trained?",
      "Check kernel",
      "Kernel over?",
      "Collect training",
      "Evaluate model",
    ]);
  });

  it("waits until the data set is ready", async () => {
    const mocks = { ...well, "Upload data set": [answers(uploading), answers(uploading), answers(ready)] };
    const { states, status } = await machine.run({}, mocks);
    expect(status).toBe("SUCCEEDED");
    expect(states.filter((state) => state === "Wait for the data set")).toHaveLength(2);
  });

  it("waits for the kernel in the queue and while it runs", async () => {
    const looks = [checked("waiting", "QUEUED"), checked("running", "RUNNING", { startedAt: since })];
    const mocks = { ...well, "Check kernel": [...looks, checked("complete", "COMPLETE")] };
    const { states, status } = await machine.run({}, mocks);
    expect(status).toBe("SUCCEEDED");
    expect(states.filter((state) => state === "Wait for the kernel")).toHaveLength(2);
  });

  it("does not train again what an earlier execution had trained", async () => {
    const mocks = { ...well, "Push kernel": answers({ ...kernel, outcome: "trained", training }) };
    const { states, output } = await machine.run({}, mocks);
    expect(states).not.toContain("Check kernel");
    expect(output.training).toEqual(training);
  });

  it("ends with the failed kernel's last lines in the execution's error and in the notification", async () => {
    const failed = checked("failed", "ERROR", { Error: "KernelFailed", Cause: "out of memory" });
    const run = await machine.run({}, { ...well, "Check kernel": failed });
    expect(run).toMatchObject({
      status: "FAILED",
      error: "KernelFailed",
      cause: expect.stringMatching(/out of memory/),
    });
    expect(run.states.slice(-5)).toEqual([
      "Kernel over?",
      "Record failure",
      "Notify failure",
      "Release lock after failure",
      "Failed",
    ]);
    expect((await machine.mailOf(run)).message).toMatch(/out of memory/);
  });

  it("gives the kernel's own error to what records it", async () => {
    const failed = checked("failed", "ERROR", { Error: "KernelFailed", Cause: "out of memory" });
    const run = await machine.run({}, { ...well, "Check kernel": failed, "Record failure": throws("Any") });
    expect(run).toMatchObject({ error: "KernelFailed", cause: "out of memory" });
  });

  it.each(["Upload data set", "Push kernel", "Check kernel", "Collect training"])(
    "records that '%s' failed and evaluates nothing",
    async (task) => {
      const run = await machine.run({}, { ...well, [task]: throws("KaggleError") });
      expect(run.states.slice(run.states.lastIndexOf(task))).toEqual([
        task,
        "Record failure",
        "Notify failure",
        "Release lock after failure",
        "Failed",
      ]);
      expect(run.states).not.toContain("Evaluate model");
    },
  );
});
