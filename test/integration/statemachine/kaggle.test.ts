import { describe, expect, it } from "vitest";
import { answers, failurePath, throws, useMockedMachine } from "../../support/state-machine.ts";
import {
  checked,
  dataset,
  kernel,
  notPromoted,
  trainedOnKaggle,
  training,
  uploading,
} from "../../support/task-results.ts";

const ready = { ...uploading, ready: true, source: "jane/avocado-ripening/2" };

const machine = useMockedMachine();

describe("strategy 'kaggle'", () => {
  it("uploads, pushes, checks, collects, and goes on as with any other trainer", async () => {
    const { status, states, output } = await machine.run(trainedOnKaggle);
    expect(status).toBe("SUCCEEDED");
    expect(output).toMatchObject({ dataset, training, evaluation: notPromoted });
    expect(states.slice(states.indexOf("Where to train?"), states.indexOf("Promoted?"))).toEqual([
      "Where to train?",
      "Upload dataset",
      "Dataset ready?",
      "Push kernel",
      "Already trained?",
      "Check kernel",
      "Kernel finished?",
      "Collect training",
      "Evaluate model",
    ]);
  });

  it("waits until the dataset is ready", async () => {
    const mocks = { ...trainedOnKaggle, "Upload dataset": [answers(uploading), answers(uploading), answers(ready)] };
    const { states, status } = await machine.run(mocks);
    expect(status).toBe("SUCCEEDED");
    expect(states.filter((state) => state === "Wait for the dataset")).toHaveLength(2);
  });

  it("waits for the kernel in the queue and while it runs", async () => {
    const looks = [checked("waiting", "QUEUED"), checked("running", "RUNNING", { startedAt: kernel.since })];
    const mocks = { ...trainedOnKaggle, "Check kernel": [...looks, checked("complete", "COMPLETE")] };
    const { states, status } = await machine.run(mocks);
    expect(status).toBe("SUCCEEDED");
    expect(states.filter((state) => state === "Wait for the kernel")).toHaveLength(2);
  });

  it("waits for a GPU session and asks again with what it was told", async () => {
    const waiting = { ...kernel, outcome: "waiting", waitSeconds: 1 };
    const mocks = { ...trainedOnKaggle, "Push kernel": [answers(waiting), answers(kernel)] };
    const { states, status } = await machine.run(mocks);
    expect(status).toBe("SUCCEEDED");
    expect(states.filter((state) => state === "Wait for a GPU session")).toHaveLength(1);
  });

  it("does not train again what an earlier execution had trained", async () => {
    const mocks = { ...trainedOnKaggle, "Push kernel": answers({ ...kernel, outcome: "trained", training }) };
    const { states, output } = await machine.run(mocks);
    expect(states).not.toContain("Check kernel");
    expect(output.training).toEqual(training);
  });

  it("ends with the failed kernel's last lines in the execution's error and in the notification", async () => {
    const failed = checked("failed", "ERROR", { Error: "KernelFailed", Cause: "out of memory" });
    const recorded = { error: "KernelFailed", reason: "The kernel failed. Its last lines: out of memory" };
    const mocks = { ...trainedOnKaggle, "Check kernel": failed, "Record failure": answers(recorded) };
    const run = await machine.run(mocks);
    expect(run).toMatchObject({
      status: "FAILED",
      error: "KernelFailed",
      cause: expect.stringMatching(/out of memory/),
    });
    expect(run.states.slice(-5)).toEqual(["Kernel finished?", ...failurePath]);
    expect((await machine.mailOf(run)).message).toMatch(/out of memory/);
  });

  it("gives the kernel's own error to what records it", async () => {
    const failed = checked("failed", "ERROR", { Error: "KernelFailed", Cause: "out of memory" });
    const run = await machine.run({ ...trainedOnKaggle, "Check kernel": failed, "Record failure": throws("Any") });
    expect(run).toMatchObject({ error: "KernelFailed", cause: "out of memory" });
  });

  it.each(["Upload dataset", "Push kernel", "Check kernel", "Collect training"])(
    "records that '%s' failed and evaluates nothing",
    async (task) => {
      const run = await machine.run({ ...trainedOnKaggle, [task]: throws("KaggleError") });
      expect(run.states.slice(run.states.lastIndexOf(task))).toEqual([task, ...failurePath]);
      expect(run.states).not.toContain("Evaluate model");
    },
  );
});
