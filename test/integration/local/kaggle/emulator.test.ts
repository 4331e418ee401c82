import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createKaggleClient, type KaggleClient } from "../../../../core/kaggle/client.ts";
import { lastLines } from "../../../../core/kaggle/kernels.ts";
import type { KernelStatus } from "../../../../core/kaggle/status.ts";
import { kaggleUser, startTestKaggle, type TestKaggle } from "../../../support/kaggle.ts";

let kaggle: TestKaggle;
let client: KaggleClient;
beforeAll(async () => {
  kaggle = await startTestKaggle();
  client = createKaggleClient({ baseUrl: `${kaggle.url}/api`, credentials: kaggleUser, backoff: 20 });
});
afterEach(() => kaggle.setFaults({}));
afterAll(() => kaggle.stop());

const content = Buffer.alloc(3_000_000, "avocado");
function upload(name: string, bytes = content): Promise<string> {
  const open = async (from: number) => Readable.from(chunks(bytes.subarray(from)));
  return client.blobs.upload({ name, size: bytes.length, modified: new Date(), open });
}
async function publish(files: string[]): Promise<void> {
  await client.datasets.publish({ ...dataset, files }, "next");
  while ((await client.datasets.status(dataset)) !== "READY") await sleep(50);
}
function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** What Kaggle gives to who downloads a file of the dataset. */
async function download(fileName: string): Promise<Buffer> {
  const { username, key } = kaggleUser;
  const answer = await fetch(`${kaggle.url}/api/v1/datasets.DatasetApiService/DownloadDataset`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${username}:${key}`).toString("base64")}` },
    body: JSON.stringify({ ownerSlug: dataset.owner, datasetSlug: dataset.slug, fileName }),
  });
  return Buffer.from(await answer.arrayBuffer());
}

const dataset = { owner: "jane", slug: "avocado-data", title: "Avocado data", licence: "other", keepVersions: true };
const code = (source: string) => ({ cell_type: "code", metadata: {}, execution_count: null, outputs: [], source });
const notebook = (source: string) =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
    cells: [code(source)],
  });
const push = (slug: string, source: string, datasets: string[] = [], timeout?: number) =>
  client.kernels.push({
    owner: "jane",
    slug,
    title: slug,
    notebook: notebook(source),
    datasets,
    gpu: true,
    internet: false,
    timeout,
  });

/** Statuses that a kernel goes through to its end. */
async function watch(slug: string): Promise<KernelStatus[]> {
  const seen: KernelStatus[] = [];
  for (;;) {
    const { status } = (await client.kernels.status({ owner: "jane", slug })) ?? { status: "UNKNOWN" as const };
    if (seen.at(-1) !== status) seen.push(status);
    if (!["QUEUED", "RUNNING", "CANCEL_REQUESTED"].includes(status)) return seen;
    await sleep(50);
  }
}

describe("the local Kaggle, with this project's client", () => {
  it("keeps what is uploaded although the upload breaks off twice", async () => {
    await kaggle.setFaults({ truncateUploads: 2 });
    await publish([await upload("a.bin")]);
    await expect(client.datasets.currentVersion(dataset)).resolves.toBe(1);
    expect((await download("a.bin")).equals(content)).toBe(true);
    await expect(client.datasets.listFiles(dataset)).resolves.toEqual([{ name: "a.bin", totalBytes: content.length }]);
  });

  it("unpacks what ends in .gz, its first member alone, and leaves what is no archive", async () => {
    const member = gzipSync(Buffer.from("header"));
    const bgzip = Buffer.concat([member, gzipSync(content)]);
    await publish([
      await upload("a.npy.gz", bgzip),
      await upload("b.npy.gz", gzipSync(content)),
      await upload("c.npy"),
    ]);
    await expect(client.datasets.listFiles(dataset)).resolves.toEqual([
      { name: "a.npy", totalBytes: "header".length },
      { name: "b.npy", totalBytes: content.length },
      { name: "c.npy", totalBytes: content.length },
    ]);
  });

  it("shows a notebook its datasets below datasets/, the owner and the slug", async () => {
    await publish([await upload("a.bin")]);
    const list =
      "import os, pathlib; i = pathlib.Path(os.environ['KAGGLE_INPUT']); print([str(p.relative_to(i)) for p in i.rglob('a.bin')])";
    await push("lists-input", list, ["jane/avocado-data"]);
    await expect(watch("lists-input").then((seen) => seen.at(-1))).resolves.toBe("COMPLETE");
    const { log } = await client.kernels.outputs({ owner: "jane", slug: "lists-input" });
    expect(lastLines(log, 50)).toContain("['datasets/jane/avocado-data/a.bin']");
  });

  it("makes a client wait that asks too much", async () => {
    await kaggle.setFaults({ errors: [{ method: "GetDatasetStatus", status: 429, retryAfter: "1", times: 1 }] });
    const started = performance.now();
    await client.datasets.status(dataset);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it("queues, runs and completes a kernel, whose files come in pages", async () => {
    await kaggle.setFaults({ queueSeconds: 0.5 });
    await push("many-files", "for i in range(101): open(f'{i:03}.txt', 'w').write(str(i))\nprint('written')");
    await expect(watch("many-files")).resolves.toEqual(["QUEUED", "RUNNING", "COMPLETE"]);
    const { files, log } = await client.kernels.outputs({ owner: "jane", slug: "many-files" });
    expect(files).toHaveLength(101);
    expect(await text(await client.kernels.open(files[100] ?? { url: "", fileName: "" }))).toBe("100");
    expect(lastLines(log, 50)).toMatch(/written/);
  });

  it("tells of a kernel that fails where it failed", async () => {
    await push("fails-here", "raise ValueError('no such fruit')");
    await expect(watch("fails-here").then((seen) => seen.at(-1))).resolves.toBe("ERROR");
    const { log } = await client.kernels.outputs({ owner: "jane", slug: "fails-here" });
    expect(lastLines(log, 5)).toMatch(/ValueError: no such fruit/);
  });

  it("cancels a kernel", async () => {
    await kaggle.setFaults({ kernel: "cancel" });
    await push("cancelled", "import time\ntime.sleep(60)");
    await expect(watch("cancelled").then((seen) => seen.at(-1))).resolves.toBe("CANCEL_ACKNOWLEDGED");
  });

  it("rejects a kernel for want of quota", async () => {
    await kaggle.setFaults({ kernel: "quota" });
    await expect(push("no-quota", "1")).rejects.toThrow(/Maximum weekly GPU quota/);
  });

  it("runs a kernel without a dataset that it does not find, and says so", async () => {
    await expect(push("no-data", "1", ["jane/nothing"])).resolves.toMatchObject({ lacking: ["jane/nothing"] });
    await expect(watch("no-data").then((seen) => seen.at(-1))).resolves.toBe("COMPLETE");
  });

  it("ends a kernel at its time limit as if it had been cancelled, without its files", async () => {
    await push("too-long", "open('left.txt', 'w').write('x')\nimport time\ntime.sleep(60)", [], 3);
    await expect(watch("too-long").then((seen) => seen.at(-1))).resolves.toBe("CANCEL_ACKNOWLEDGED");
    const ref = { owner: "jane", slug: "too-long" };
    await expect(client.kernels.outputs(ref)).resolves.toMatchObject({ files: [] });
    await expect(client.kernels.status(ref)).resolves.toMatchObject({ failureMessage: "" });
  });

  it("lets an older version run on next to a newer one, until the kernel is deleted", async () => {
    await kaggle.setFaults({ queueSeconds: 60 });
    const versions = [await push("two-versions", "1"), await push("two-versions", "2")].map(({ version }) => version);
    expect(versions).toEqual([1, 2]);
    await expect(push("another", "1")).rejects.toThrow("Maximum batch GPU session count of 2 reached");
    await client.kernels.delete({ owner: "jane", slug: "two-versions" });
    await client.kernels.delete({ owner: "jane", slug: "another" });
    await expect(push("another", "1")).resolves.toMatchObject({ version: 1 });
  });

  it("knows who calls", async () => {
    const stranger = createKaggleClient({
      baseUrl: `${kaggle.url}/api`,
      credentials: { username: "jane", key: "wrong" },
    });
    await expect(stranger.datasets.status(dataset)).rejects.toThrow(/401.*new token/);
    const { username, token } = kaggleUser;
    const bearer = createKaggleClient({ baseUrl: `${kaggle.url}/api`, credentials: { username, token } });
    await expect(bearer.datasets.status(dataset)).resolves.toBe("READY");
  });
});
