import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parseRef } from "../../../../core/kaggle/checks.ts";
import { createKaggleClient } from "../../../../core/kaggle/client.ts";
import { deleteKernel } from "../../../../lambdas/collect-training/clean-up.ts";
import { kaggleUser } from "../../../support/kaggle.ts";
import { kaggle, notebook, steps } from "../../../support/own-kaggle.ts";

// What Kaggle rejects, and what it takes only in a certain form.

describe("uploading", () => {
  it("puts the shards into a folder, for Kaggle takes few files outside folders", async () => {
    await kaggle.setFaults({ topLevelFiles: 3 });
    await expect(steps.uploadToEnd()).resolves.toMatch(/\/1$/);
  });

  it("uploads nothing without a GPU to train on, and says when there is one", async () => {
    await kaggle.setFaults({ kernel: "quota" });
    await expect(steps.upload()).rejects.toThrow(/GPU quota of this week is used up.*renews it on 20\d\d-/s);
  });

  it("uploads nothing with a token that is not valid, or somebody else's", async () => {
    const { username, token } = kaggleUser;
    for (const credentials of [
      { username, token: "KGAT_old" },
      { username: "joe", token },
    ]) {
      const client = createKaggleClient({ baseUrl: `${kaggle.url}/api`, credentials });
      await expect(client.checkAccess()).rejects.toThrow(/new token|KAGGLE_USERNAME/);
    }
  });
});

function upload(name: string): Promise<string> {
  const content = Buffer.from("again");
  const open = async (from: number) => Readable.from([content.subarray(from)]);
  return steps.kaggle.blobs.upload({ name, size: content.length, modified: new Date(), open });
}

describe("cleaning up", () => {
  it("has Kaggle delete versions of the dataset that are not wanted any more", async () => {
    const first = await steps.uploadToEnd();
    const again = {
      ...parseRef(first.replace(/\/1$/, "")),
      title: "Avocado again",
      licence: "other",
      keepVersions: false,
    };
    await steps.kaggle.datasets.publish({ ...again, files: [await upload("again.txt")] }, "next");
    while ((await steps.kaggle.datasets.status(again)) !== "READY") await sleep(50);
    const kernels = [first, first.replace(/1$/, "2")].map((source) =>
      steps.kaggle.kernels.push({
        ...{ owner: kaggleUser.username, slug: "clean-up", title: "clean-up", notebook, gpu: false, internet: false },
        datasets: [source],
      }),
    );
    await expect(Promise.all(kernels)).resolves.toMatchObject([{ lacking: [first] }, { lacking: [] }]);
  });

  it("deletes a kernel whose training is collected, and says no more than that when it cannot", async () => {
    const kernel = await steps.push(await steps.uploadToEnd(), notebook);
    await steps.checkToEnd(kernel);
    await steps.collect(kernel);
    await kaggle.setFaults({ errors: [{ method: "DeleteKernel", status: 400, times: 1 }] });
    await expect(deleteKernel(steps.kaggle, kernel)).resolves.toBeUndefined();
    await expect(steps.kaggle.kernels.exists(kernel)).resolves.toBe(true);
    await deleteKernel(steps.kaggle, kernel);
    await expect(steps.kaggle.kernels.exists(kernel)).resolves.toBe(false);
  });
});

describe("pushing a kernel", () => {
  it("leaves nothing behind that would be in the way of the next push", async () => {
    const source = await steps.uploadToEnd();
    await kaggle.setFaults({ gpuSessions: 0 });
    await steps.push(source, notebook).catch(() => {});
    await kaggle.setFaults({});
    await expect(steps.push(source, notebook)).resolves.toMatchObject({ outcome: "pushed" });
  });

  it.each([404, 500] as const)("removes what a rejected push left, of which the status is %i", async (shellStatus) => {
    const source = await steps.uploadToEnd();
    await kaggle.setFaults({ gpuSessions: 0, errors: [{ method: "DeleteKernel", status: 503, times: 12 }] });
    await steps.push(source, notebook).catch(() => {});
    await kaggle.setFaults({ shellStatus });
    await expect(steps.push(source, notebook)).resolves.toMatchObject({ outcome: "pushed" });
  });

  it("waits for a GPU session", async () => {
    const source = await steps.uploadToEnd();
    await kaggle.setFaults({ gpuSessions: 0 });
    const waiting = await steps.push(source, notebook);
    expect(waiting).toMatchObject({ outcome: "waiting" });
    await kaggle.setFaults({});
    const pushed = await steps.push(source, notebook, { previous: waiting });
    expect(pushed).toMatchObject({ outcome: "pushed", since: waiting.since });
  });

  it("does not wait for a GPU session for ever", async () => {
    const source = await steps.uploadToEnd();
    await kaggle.setFaults({ gpuSessions: 0 });
    const previous = { since: "2026-01-01T00:00:00.000Z" };
    await expect(steps.push(source, notebook, { previous })).rejects.toThrow(/session count of 0 reached/);
  });

  it("names the dataset without its version where Kaggle takes none, and leaves no kernel running without data", async () => {
    const source = await steps.uploadToEnd();
    await kaggle.setFaults({ versionedSources: false, gpuSessions: 1, queueSeconds: 1 });
    const kernel = await steps.push(source, notebook);
    expect((await steps.checkToEnd(kernel)).at(-1)?.outcome).toBe("complete");
  });

  it("copes with null where a text or a list could be", async () => {
    await kaggle.setFaults({ nulls: true });
    const kernel = await steps.push(await steps.uploadToEnd(), notebook);
    expect((await steps.checkToEnd(kernel)).at(-1)?.outcome).toBe("complete");
    await expect(steps.collect(kernel)).resolves.toMatchObject({ runId: kernel.runId });
  });
});
