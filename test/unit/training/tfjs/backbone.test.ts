import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FolderStore } from "../../../../core/folder-store.ts";
import { loadBackbone } from "../../../../training/tfjs/backbone.ts";
import { tf } from "../../../../training/tfjs/tensorflow.ts";
import { buildTinyBackbone, saveLayersModel } from "../../../support/tiny-backbone.ts";
import { temporaryFolder } from "../../../support/tiny-dataset.ts";

let folder: string;
let published: string;
let cacheFolder: string;
let server: Server;
let url: string;
let requests: string[] = [];
let status = 200;

beforeAll(async () => {
  folder = await temporaryFolder();
  published = join(folder, "published");
  await saveLayersModel(buildTinyBackbone(), published);
  server = createServer(async (request, response) => {
    requests.push(request.url ?? "");
    response.statusCode = status;
    response.end(status === 200 ? await readFile(join(published, request.url ?? "")) : "no");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  requests = [];
  status = 200;
  cacheFolder = await temporaryFolder();
  return () => rm(cacheFolder, { recursive: true });
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe("loadBackbone", () => {
  it("loads a folder, or its model.json, and says the hash of all its files", async () => {
    const { model, sha256, address } = await loadBackbone(published, { cacheFolder });
    expect(model.outputs[0]?.shape).toEqual([null, 28, 28, 8]);
    expect(address).toBe(published);
    expect((await loadBackbone(join(published, "model.json"), { cacheFolder })).sha256).toBe(sha256);
    const kernel = tf.tidy(() => Array.from(model.getLayer("conv1").getWeights()[0]?.dataSync() ?? []));
    const own = tf.tidy(() => Array.from(buildTinyBackbone().getLayer("conv1").getWeights()[0]?.dataSync() ?? []));
    expect(kernel).toEqual(own);
  });

  it("fetches from a server once", async () => {
    const first = await loadBackbone(`${url}/model.json`, { cacheFolder });
    expect(requests).toEqual(["/model.json", "/weights.bin"]);
    const second = await loadBackbone(`${url}/model.json`, { cacheFolder });
    expect(requests).toHaveLength(2);
    expect(second.sha256).toBe(first.sha256);
    expect(first.sha256).toBe((await loadBackbone(published, { cacheFolder })).sha256);
  });

  it("fetches anew what has changed in the cache", async () => {
    const { sha256 } = await loadBackbone(url, { cacheFolder });
    const [name] = await readdir(cacheFolder);
    const weights = join(cacheFolder, name as string, "weights.bin");
    const damaged = await readFile(weights);
    damaged[7] = (damaged[7] as number) ^ 1;
    await writeFile(weights, damaged);
    expect((await loadBackbone(url, { cacheFolder })).sha256).toBe(sha256);
    expect(requests).toHaveLength(4);
  });

  it("reads s3:// from the bucket's store", async () => {
    const openBucket = (bucket: string) => new FolderStore(join(folder, bucket));
    const { sha256 } = await loadBackbone("s3://published/", { cacheFolder, openBucket });
    expect(sha256).toBe((await loadBackbone(published, { cacheFolder })).sha256);
    await expect(loadBackbone("s3://published/elsewhere", { cacheFolder, openBucket })).rejects.toMatchObject({
      name: "NotFound",
    });
  });

  it("insists on the hash that the address names", async () => {
    const { sha256 } = await loadBackbone(published, { cacheFolder });
    await loadBackbone(`${published}#sha256=${sha256}`, { cacheFolder });
    const other = "0".repeat(64);
    await expect(loadBackbone(`${published}#sha256=${other}`, { cacheFolder })).rejects.toMatchObject({
      name: "InvalidModel",
      message: expect.stringContaining(`${sha256}, not ${other}`),
    });
  });

  it("says what to do where there is none", async () => {
    await expect(loadBackbone(join(folder, "nowhere"), { cacheFolder })).rejects.toMatchObject({
      name: "NotFound",
      message: expect.stringMatching(/nowhere.*npm run backbone -- download/),
    });
  });

  for (const [answer, name] of [
    [404, "NotFound"],
    [503, "Transient"],
  ] as const) {
    it(`says that a server answered ${answer}, and keeps nothing`, async () => {
      status = answer;
      await expect(loadBackbone(url, { cacheFolder })).rejects.toMatchObject({
        name,
        message: expect.stringContaining(`${url}/model.json answered ${answer}`),
      });
      expect(await readdir(cacheFolder)).toEqual([]);
    });
  }

  it("rejects what is no backbone, with what is wrong", async () => {
    const image = tf.input({ shape: [224, 224, 3] });
    const headed = tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(image);
    const wrong = join(folder, "wrong");
    await saveLayersModel(tf.model({ inputs: image, outputs: headed as typeof image }), wrong);
    await expect(loadBackbone(wrong, { cacheFolder })).rejects.toMatchObject({
      name: "InvalidModel",
      message: expect.stringMatching(/gives \[,3\].*cut off its head/),
    });
    await writeFile(join(wrong, "model.json"), "<html>");
    await expect(loadBackbone(wrong, { cacheFolder })).rejects.toMatchObject({
      name: "InvalidModel",
      message: expect.stringContaining("no TensorFlow.js layers model"),
    });
  });
});
