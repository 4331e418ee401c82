import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { downloadBackbone, hashWeights } from "../../../../../cli/commands/backbone/download.ts";
import { type Answering, answer, serve, startFileHost } from "../../../../support/file-host.ts";

const layer = (name: string, ...inputs: string[]) => {
  return {
    name,
    class_name: "Layer",
    inbound_nodes: inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [],
  };
};
const weight = (name: string, ...shape: number[]) => ({ name, shape, dtype: "float32" });
/** input - a - b - c: cut after b; the weights of b come in two shards, and in one group with those of c. */
const model = {
  format: "layers-model",
  modelTopology: {
    keras_version: "2.1.4",
    model_config: {
      class_name: "Model",
      config: {
        name: "net",
        layers: [layer("input"), layer("a", "input"), layer("b", "a"), layer("c", "b")],
        input_layers: [["input", 0, 0]],
        output_layers: [["c", 0, 0]],
      },
    },
  },
  weightsManifest: [
    { paths: ["./group1"], weights: [weight("a/kernel", 2, 2)] },
    { paths: ["./group2-1", "./group2-2"], weights: [weight("b/bias", 3), weight("c/kernel", 2)] },
    { paths: ["./group3"], weights: [weight("c/bias", 1)] },
  ],
};
const bytes = (first: number, count: number) => Buffer.from(Array.from({ length: count }, (_, i) => first + i));
const files: Record<string, Buffer> = {
  "/model.json": Buffer.from(JSON.stringify(model)),
  "/group1": bytes(0, 16),
  "/group2-1": bytes(100, 8),
  "/group2-2": bytes(108, 12),
};
const sha256 = hashWeights([
  { ...weight("b/bias", 3), dtype: "float32", bytes: bytes(100, 12) },
  { ...weight("a/kernel", 2, 2), dtype: "float32", bytes: bytes(0, 16) },
]);
const host: Answering = (request, response) => {
  const found = files[request.url ?? ""];
  return found ? serve(found)(request, response) : answer(404)(request, response);
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "backbone-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const download = (url: string, change: { layer?: string; sha256?: string } = {}) =>
  downloadBackbone({
    backbone: { url, layer: "b", sha256, ...change },
    out: join(folder, "net"),
    attempts: 2,
    backoff: 5,
  });

describe("downloadBackbone", () => {
  it("cuts the network and packs the weights that are left", async () => {
    const { address } = await startFileHost(host);
    await download(address);
    expect(readdirSync(folder)).toEqual(["net"]);
    expect(readFileSync(join(folder, "net/weights.bin"))).toEqual(Buffer.concat([bytes(0, 16), bytes(100, 12)]));
    const cut = JSON.parse(readFileSync(join(folder, "net/model.json"), "utf8"));
    const { layers, output_layers, input_layers } = cut.modelTopology.model_config.config;
    expect(layers).toEqual(model.modelTopology.model_config.config.layers.slice(0, 3));
    expect([input_layers, output_layers]).toEqual([[["input", 0, 0]], [["b", 0, 0]]]);
    expect(cut.weightsManifest).toEqual([
      { paths: ["weights.bin"], weights: [weight("a/kernel", 2, 2), weight("b/bias", 3)] },
    ]);
    expect(readFileSync(join(folder, "net/README.md"), "utf8")).toContain("Apache License 2.0");
  });

  it("goes on after a cut connection with what was whole", async () => {
    const cut: Answering = (request, response) =>
      request.url === "/group2-1" ? serve(bytes(100, 8), { cutAfter: 3 })(request, response) : host(request, response);
    const { address, ranges } = await startFileHost(host, host, cut, host);
    await download(address);
    expect(ranges).toEqual([undefined, undefined, undefined, "bytes=3-", undefined]);
  });

  it("keeps nothing of weights that have another hash", async () => {
    const { address } = await startFileHost(host);
    await expect(download(address, { sha256: "0".repeat(64) })).rejects.toMatchObject({
      name: "DownloadFailed",
      message: expect.stringContaining(`not the expected ones (SHA-256 ${sha256}`),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["something else", answer(200, "[]"), /does not describe a layers model as expected[\s\S]*expected object/],
    ["no JSON", answer(200, "hello"), /does not describe a layers model as expected[\s\S]*JSON/],
    ["rejects", answer(403), /answers 403 Forbidden: the host rejects it/],
  ])("says what is wrong when the host gives %s", async (_name, wrong, message) => {
    const { address } = await startFileHost(wrong);
    await expect(download(address)).rejects.toThrow(message);
    expect(existsSync(join(folder, "net"))).toBe(false);
  });

  it("says that the network has no such layer", async () => {
    const { address } = await startFileHost(host);
    await expect(download(address, { layer: "z" })).rejects.toThrow("The network has no layer 'z'");
  });
});
