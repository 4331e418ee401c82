import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { kaggle, notebook, push, steps } from "../../../support/own-kaggle.ts";

const restart = (execution: string) => {
  steps.running.clear();
  return push(execution);
};

describe("uploading a dataset", () => {
  it("goes on where an upload broke off", async () => {
    await kaggle.setFaults({ truncateUploads: 3 });
    await expect(steps.uploadToEnd()).resolves.toMatch(/\/1$/);
  });

  it("makes one version, however often it is asked while Kaggle processes it", async () => {
    await kaggle.setFaults({ datasetSeconds: 1 });
    const first = await steps.upload();
    expect(first).toMatchObject({ ready: false, uploaded: true });
    expect(await steps.upload(first)).toMatchObject({ ready: false, uploaded: true });
    // Another execution finds it in the making and waits for it.
    expect(await steps.upload()).toMatchObject({ ready: false, uploaded: false });
    await expect(steps.uploadToEnd()).resolves.toMatch(/\/1$/);
  });

  it("fails when Kaggle cannot process it, and uploads anew the next time", async () => {
    await kaggle.setFaults({ datasetFails: true, datasetSeconds: 0 });
    const first = await steps.upload();
    await expect(steps.upload(first)).rejects.toMatchObject({ name: "KaggleDatasetFailed" });
    await kaggle.setFaults({});
    await expect(steps.uploadToEnd()).resolves.toMatch(/\/2$/);
  });

  it("finds its version although the answer to making it was lost", async () => {
    await kaggle.setFaults({ errors: [{ method: "CreateDataset", status: 502, times: 1, afterwards: true }] });
    await expect(steps.upload()).rejects.toMatchObject({ name: "Transient" });
    await expect(steps.uploadToEnd()).resolves.toMatch(/\/1$/);
  });
});

describe("pushing a kernel", () => {
  it("resumes the kernel that a lost answer left running", async () => {
    await kaggle.setFaults({
      queueSeconds: 1,
      errors: [{ method: "SaveKernel", status: 502, times: 1, afterwards: true }],
    });
    await expect(push()).rejects.toMatchObject({ name: "Transient" });
    await expect(push()).resolves.toMatchObject({ outcome: "attached" });
  });

  it("resumes the running kernel when the execution is started again", async () => {
    await kaggle.setFaults({ queueSeconds: 1 });
    const first = await push();
    const second = await restart("next");
    expect(second).toMatchObject({
      outcome: "attached",
      runId: first.runId,
      headRunId: first.headRunId,
      slug: first.slug,
    });
    expect((await steps.checkToEnd(second)).at(-1)?.outcome).toBe("complete");
    await expect(restart("third")).resolves.toMatchObject({ outcome: "attached" });
  });

  it("fails for want of quota, and says what to do", async () => {
    const source = await steps.uploadToEnd();
    await kaggle.setFaults({ kernel: "quota" });
    const pushing = steps.push(source, notebook);
    await expect(pushing).rejects.toThrow(/GPU quota of this week is used up.*strategy 'ecs'/s);
  });
});

describe("a kernel", () => {
  it("that fails ends with the last lines of its log, and is pushed anew the next time", async () => {
    await kaggle.setFaults({ kernel: "error" });
    const end = (await steps.checkToEnd(await push())).at(-1);
    expect(end).toMatchObject({ outcome: "failed", status: "ERROR", Error: "KernelFailed" });
    expect(end?.Cause).toMatch(/The last lines of its log:[\s\S]*RuntimeError: Fault on demand/);
    await kaggle.setFaults({});
    await expect(restart("next")).resolves.toMatchObject({ outcome: "pushed" });
  });

  it("that is cancelled is not a success", async () => {
    await kaggle.setFaults({ kernel: "cancel" });
    const end = (await steps.checkToEnd(await push())).at(-1);
    expect(end).toMatchObject({ outcome: "failed", status: "CANCEL_ACKNOWLEDGED", Error: "KernelCancelled" });
  });

  it("counts its time in the queue apart from its running time", async () => {
    await kaggle.setFaults({ queueSeconds: 2 });
    const checks = await steps.checkToEnd(await push());
    expect(checks.map(({ outcome }) => outcome)).toEqual(expect.arrayContaining(["waiting", "running", "complete"]));
    expect(checks.at(-1)?.queueSeconds).toBeGreaterThanOrEqual(2);
    expect(checks.find(({ outcome }) => outcome === "waiting")?.runSeconds).toBe(0);
  });

  it.each([
    ["QUEUED", "waiting"],
    ["NEW_SCRIPT", "waiting"],
    ["SOMETHING_NEW", "waiting"],
    ["", "waiting"],
    ["RUNNING", "running"],
    ["CANCEL_REQUESTED", "running"],
    ["COMPLETE", "complete"],
    ["ERROR", "failed"],
    ["CANCEL_ACKNOWLEDGED", "failed"],
  ])("of status '%s' is %s", async (kernelStatus, outcome) => {
    await kaggle.setFaults({ queueSeconds: 60 });
    const kernel = await push();
    await kaggle.setFaults({ kernelStatus });
    await expect(steps.check(kernel)).resolves.toMatchObject({ outcome });
  });

  it.each([
    ["begin", {}, /has not begun after/],
    ["end", { startedAt: "2026-01-01T00:00:00.000Z" }, /is not done/],
  ])("is not waited for for ever to %s", async (_, previous, message) => {
    await kaggle.setFaults({ queueSeconds: 60 });
    const kernel = { ...(await push()), since: "2026-01-01T00:00:00.000Z" };
    const { outcome, Error: error, Cause: cause } = await steps.check(kernel, previous);
    expect({ outcome, error }).toEqual({ outcome: "failed", error: "KernelTimedOut" });
    expect(cause).toMatch(message);
  });

  it("that is gone fails after some time", async () => {
    const kernel = { ...(await push()), slug: "avocado-elsewhere" };
    const { outcome, unseenSince } = await steps.check(kernel);
    expect({ outcome, unseenSince }).toEqual({ outcome: "waiting", unseenSince: expect.any(String) });
    const later = steps.check(kernel, { unseenSince: new Date(Date.now() - 16 * 60_000).toISOString() });
    await expect(later).resolves.toMatchObject({ outcome: "failed", Error: "KernelGone" });
  });
});

describe("collecting", () => {
  const complete = async () => {
    const kernel = await push();
    expect((await steps.checkToEnd(kernel)).at(-1)?.Cause).toBeUndefined();
    return kernel;
  };

  it.each([
    ["missing", { missingOutputs: ["model.onnx"] }, /without model\.onnx; it left only/],
    ["missing altogether", { missingOutputs: ["run.json"] }, /without run\.json/],
    ["not as the kernel wrote it", { damagedOutputs: ["model.onnx"] }, /not as the notebook wrote it: SHA-256/],
  ])("rejects what is %s, and has the kernel pushed anew the next time", async (_, faults, message) => {
    const kernel = await complete();
    await kaggle.setFaults(faults);
    await expect(steps.collect(kernel)).rejects.toThrow(message);
    expect(await steps.mlflow.registry.versionsOfRun(steps.input.modelName, kernel.runId)).toEqual([]);
    await kaggle.setFaults({});
    await expect(restart("next")).resolves.toMatchObject({ outcome: "pushed" });
  });

  it("looks twice before it gives up what took hours", async () => {
    const kernel = await complete();
    await kaggle.setFaults({ missingOutputs: ["model.onnx"] });
    const collected = steps.collect(kernel, { secondLook: 2000 });
    await sleep(1000);
    await kaggle.setFaults({});
    await expect(collected).resolves.toMatchObject({ runId: kernel.runId });
  });

  it("is repeated when Kaggle was away, without pushing anew", async () => {
    const kernel = await complete();
    await kaggle.setFaults({ errors: [{ method: "output", status: 503, times: 7 }] });
    await expect(steps.collect(kernel)).rejects.toMatchObject({ name: "Transient" });
    await expect(steps.collect(kernel)).resolves.toMatchObject({ runId: kernel.runId, modelVersion: "1" });
  });
});
