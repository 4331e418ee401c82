import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { errorMessage } from "../../../core/errors.ts";
import { DownloadError, downloadFile } from "../../download/download-file.ts";
import { cutLayers, cutModel, type PublishedModel, publishedModel, type Weight, weightBytes } from "./cut-model.ts";
import type { Backbone } from "./mobilenet.ts";

export interface BackboneDownload
  extends Pick<Parameters<typeof downloadFile>[0], "attempts" | "backoff" | "stallSeconds"> {
  backbone: Backbone;
  /** Where the finished model goes: `model.json`, `weights.bin`, `README.md`. */
  out: string;
  onProgress?: (done: number, total: number) => void;
  onRetry?: (sentence: string) => void;
}

/**
 * Fetches a network of the TensorFlow.js models, checks its weights, cuts it and leaves it as a layers model.
 * @throws DownloadError, TransientError
 */
export async function downloadBackbone(options: BackboneDownload): Promise<void> {
  const { backbone, out } = options;
  const parts = `${out}.parts`;
  const { onProgress: _, backbone: __, out: ___, ...downloading } = options;
  const fetchFile = async (name: string, size?: number) => {
    const path = join(parts, basename(name));
    await downloadFile({ ...downloading, url: `${backbone.url}/${name}`, path, size });
    return readFile(path);
  };
  const model = parseModel(await fetchFile("model.json"), `${backbone.url}/model.json`);
  const layers = cutLayers(model, backbone.layer);
  const weights = await fetchWeights(model, layers, fetchFile, options);
  if (hashWeights(weights) !== backbone.sha256) {
    await rm(parts, { recursive: true, force: true });
    throw new DownloadError(
      `The weights at ${backbone.url} are not the expected ones (SHA-256 ${hashWeights(weights)}, not ${backbone.sha256}). ` +
        "Nothing was kept. Either the host has changed them, or something between it and this machine changes downloads.",
    );
  }
  await writeModel(`${parts}/cut`, cutModel(model, backbone.layer, layers, weights), weights, backbone);
  await rm(out, { recursive: true, force: true });
  await rename(`${parts}/cut`, out);
  await rm(parts, { recursive: true, force: true });
}

function parseModel(bytes: Uint8Array, where: string): PublishedModel {
  try {
    return publishedModel.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : errorMessage(cause);
    throw new DownloadError(`${where} does not describe a layers model as expected:\n${problem}`, { cause });
  }
}

/** The kept weights with their bytes; groups of which nothing is kept are not fetched. */
async function fetchWeights(
  model: PublishedModel,
  layers: ReadonlySet<string>,
  fetchFile: (name: string, size?: number) => Promise<Uint8Array>,
  { onProgress }: BackboneDownload,
): Promise<Weight[]> {
  const kept = ({ name }: { name: string }) => layers.has(name.slice(0, name.lastIndexOf("/")));
  const groups = model.weightsManifest.filter((group) => group.weights.some(kept));
  const total = groups.reduce((sum, { weights }) => sum + weights.reduce((bytes, w) => bytes + weightBytes(w), 0), 0);
  const found: Weight[] = [];
  let done = 0;
  for (const { paths, weights } of groups) {
    const size = weights.reduce((bytes, weight) => bytes + weightBytes(weight), 0);
    const shards: Uint8Array[] = [];
    for (const path of paths) shards.push(await fetchFile(path, paths.length === 1 ? size : undefined));
    const bytes = Buffer.concat(shards);
    if (bytes.length !== size) throw new DownloadError(`${paths.join(", ")} have ${bytes.length} bytes, not ${size}.`);
    let at = 0;
    for (const weight of weights) {
      const end = at + weightBytes(weight);
      if (kept(weight)) found.push({ ...weight, bytes: bytes.subarray(at, end) });
      at = end;
    }
    done += size;
    onProgress?.(done, total);
  }
  return found;
}

/** Does not depend on the order in which a host packs the weights. */
export function hashWeights(weights: readonly Weight[]): string {
  const hash = createHash("sha256");
  for (const { name, dtype, shape, bytes } of weights.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${name} ${dtype} ${shape.join(",")}\n`).update(bytes);
  }
  return hash.digest("hex");
}

async function writeModel(folder: string, model: object, weights: readonly Weight[], { url, layer }: Backbone) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "weights.bin"), Buffer.concat(weights.map(({ bytes }) => bytes)));
  await writeFile(join(folder, "model.json"), JSON.stringify(model));
  const about =
    `Google's MobileNetV1 with ImageNet weights as published by the TensorFlow.js team at ${url}, Apache License 2.0 ` +
    `(https://www.apache.org/licenses/LICENSE-2.0), cut after ${layer}.\n`;
  await writeFile(join(folder, "README.md"), about);
}
