import { describe, expect, it } from "vitest";
import { kaggle, notebook, push, steps } from "../../../support/own-kaggle.ts";

// What Kaggle does not show yet, shows of an earlier version, or cannot show for a while.

const longAgo = "2026-01-01T00:00:00.000Z";

const status = (status: number, times: number) => ({ method: "GetKernelSessionStatus", status, times });

describe("a dataset", () => {
  it("that is ready but not there yet is waited for", async () => {
    await kaggle.setFaults({ absentSeconds: 1 });
    await expect(steps.uploadToEnd()).resolves.toMatch(/\/1$/);
  });

  it("is known although the answer was lost and Kaggle does not show it yet", async () => {
    await kaggle.setFaults({
      errors: [
        { method: "CreateDataset", status: 502, times: 1, afterwards: true },
        { method: "GetDatasetStatus", status: 404, times: 4 },
      ],
    });
    await expect(steps.upload()).rejects.toMatchObject({ name: "Transient" });
    await expect(steps.upload()).resolves.toMatchObject({ uploaded: true });
  });

  it("is waited for while Kaggle is away", async () => {
    const first = await steps.upload();
    await kaggle.setFaults({ errors: [{ method: "GetDatasetStatus", status: 503, times: 6 }] });
    await expect(steps.upload(first)).resolves.toMatchObject({ ready: false, uploaded: true });
  });
});

describe("a kernel", () => {
  it("that Kaggle does not show yet is waited for", async () => {
    await kaggle.setFaults({ absentSeconds: 1 });
    const checks = await steps.checkToEnd(await push());
    expect(checks[0]).toMatchObject({ outcome: "waiting", status: "none" });
    expect(checks.at(-1)?.outcome).toBe("complete");
  });

  it("that Kaggle does not show yet is not pushed again", async () => {
    await kaggle.setFaults({ queueSeconds: 60 });
    const first = await push();
    await kaggle.setFaults({ absentSeconds: 600 });
    steps.running.clear();
    const again = await steps.push("jane/none/1", notebook, { execution: "next" });
    expect(again).toMatchObject({ outcome: "attached", slug: first.slug });
  });

  it("is complete when its files are there, although it has no status any more", async () => {
    const kernel = await push();
    expect((await steps.checkToEnd(kernel)).at(-1)?.outcome).toBe("complete");
    await kaggle.setFaults({ errors: [status(404, 1)] });
    await expect(steps.check(kernel)).resolves.toMatchObject({ outcome: "complete" });
  });

  it("goes on while Kaggle is away for less than an hour", async () => {
    await kaggle.setFaults({ queueSeconds: 60 });
    const kernel = await push();
    await kaggle.setFaults({ queueSeconds: 60, errors: [status(503, 12)] });
    const startedAt = new Date().toISOString();
    const away = await steps.check(kernel, { startedAt });
    expect(away).toMatchObject({ outcome: "running", startedAt, unseenSince: expect.any(String) });
    await expect(steps.check(kernel, { unseenSince: longAgo })).rejects.toMatchObject({ name: "Transient" });
  });

  it("is asked again when Kaggle answers with a page for people", async () => {
    const kernel = await push();
    await kaggle.setFaults({ errors: [status(200, 2)] });
    await expect(steps.check(kernel)).resolves.toMatchObject({
      outcome: expect.stringMatching(/running|waiting|complete/),
    });
  });

  it("that was pushed again is not taken for its version before", async () => {
    await kaggle.setFaults({ kernel: "error" });
    const source = await steps.uploadToEnd();
    expect((await steps.checkToEnd(await steps.push(source, notebook))).at(-1)?.status).toBe("ERROR");
    await kaggle.setFaults({ staleSeconds: 600 });
    steps.running.clear();
    const kernel = await steps.push(source, notebook, { execution: "next" });
    expect(kernel.outcome).toBe("pushed");
    expect((await steps.checkToEnd(kernel)).at(-1)?.outcome).toBe("complete");
    await expect(steps.collect(kernel)).resolves.toMatchObject({ runId: kernel.runId });
  });

  it("that took as long as Kaggle allows is called timed out, for Kaggle says no more than cancelled", async () => {
    const kernel = await push();
    await kaggle.setFaults({ kernelStatus: "CANCEL_ACKNOWLEDGED" });
    const startedAt = new Date(Date.now() - 590_000).toISOString();
    const checked = await steps.check(kernel, { startedAt });
    expect(checked).toMatchObject({ outcome: "failed", Error: "KernelTimedOut" });
    expect(checked.Cause).toMatch(/about as long as Kaggle lets it: 600 s/);
  });

  it("that is given up does not go on using the GPU", async () => {
    await kaggle.setFaults({ queueSeconds: 60, gpuSessions: 1 });
    const kernel = await push();
    const checked = await steps.check({ ...kernel, since: longAgo });
    expect(checked).toMatchObject({ Error: "KernelTimedOut" });
    await expect(steps.kaggle.kernels.status(kernel)).resolves.toBeUndefined();
  });
});
