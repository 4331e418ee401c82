import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import {
  errorMessage,
  InvalidInputError,
  InvalidModelError,
  NotFoundError,
  TransientError,
} from "../../core/errors.ts";
import { describeCause } from "../../core/http/request.ts";
import { replaceFile } from "../../core/replace-file.ts";
import type { ObjectStore } from "../../core/storage.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

/** A pretrained network without its head, as it was found. */
export interface Backbone {
  /** Images, [N,H,W,3] from -1 to 1, to features, [N,h,w,channels]. */
  model: Tensorflow.LayersModel;
  /** Of `model.json` and the weight files behind it, in hexadecimal. */
  sha256: string;
  /** Where it came from. */
  address: string;
}

export interface BackboneOptions {
  /** Where what comes over the network is kept. */
  cacheFolder: string;
  /** The store behind an `s3://` address. */
  openBucket?: (bucket: string) => ObjectStore;
}

type WeightSpecs = NonNullable<Parameters<typeof tf.io.fromMemory>[1]>;

/** The files of a layers model: what is in `model.json`, and the weights it names. */
interface BackboneFiles {
  description: Uint8Array;
  weights: Uint8Array[];
}

const layersModel = z.object({
  format: z.literal("layers-model").optional(),
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(z.object({ paths: z.array(z.string().min(1)), weights: z.array(z.looseObject({})) })).min(1),
});

/**
 * Loads a TensorFlow.js layers model from a folder, `http(s)://` or `s3://`; the address names the folder or its
 * `model.json`. What comes from afar is kept in the cache folder with its hash next to it; a copy that does not match its
 * hash is fetched anew. An address that ends in `#sha256=<hash>` is held to that hash.
 * @throws InvalidInputError, NotFoundError, TransientError when it cannot be had; InvalidModelError when it is of no use
 */
export async function loadBackbone(address: string, options: BackboneOptions): Promise<Backbone> {
  const [place = "", wanted] = address.split("#sha256=");
  const remote = /^(https?|s3):\/\//.test(place);
  const files = remote ? await readCached(place, options) : await readFiles(place, options);
  const sha256 = hashFiles(files);
  if (wanted !== undefined && wanted !== sha256) {
    throw new InvalidModelError(`The backbone at ${place} has SHA-256 ${sha256}, not ${wanted}`);
  }
  return { model: await parseModel(place, files), sha256, address: place };
}

/** The cached copy, or a new one. The hash is written last: without it, the copy is not whole. */
async function readCached(place: string, options: BackboneOptions): Promise<BackboneFiles> {
  const folder = join(options.cacheFolder, createHash("sha256").update(place).digest("hex").slice(0, 16));
  const recorded = await readFile(join(folder, "sha256"), "utf8").catch(() => undefined);
  if (recorded) {
    const cached = await readFiles(folder, options).catch(() => undefined);
    if (cached && hashFiles(cached) === recorded.trim()) return cached;
  }
  const files = await readFiles(place, options);
  const keep = (name: string, content: Uint8Array | string) =>
    replaceFile(join(folder, name), (temporary) => writeFile(temporary, content));
  const { weightsManifest } = parseDescription(place, files.description);
  const names = weightsManifest.flatMap(({ paths }) => paths).map((path) => basename(path));
  for (const [i, content] of files.weights.entries()) await keep(names[i] as string, content);
  await keep("model.json", files.description);
  await keep("sha256", `${hashFiles(files)}\n`);
  return files;
}

async function readFiles(place: string, options: BackboneOptions): Promise<BackboneFiles> {
  const folder = basename(place) === "model.json" ? dirname(place) : place.replace(/\/+$/, "");
  const read = createReader(folder, options);
  const description = await read("model.json");
  const { weightsManifest } = parseDescription(place, description);
  const weights: Uint8Array[] = [];
  for (const path of weightsManifest.flatMap(({ paths }) => paths)) {
    if (path !== basename(path))
      throw new InvalidModelError(`The backbone at ${place} wants '${path}' of another folder`);
    weights.push(await read(path));
  }
  return { description, weights };
}

function createReader(folder: string, { openBucket }: BackboneOptions): (name: string) => Promise<Uint8Array> {
  if (/^https?:/.test(folder)) return (name) => download(`${folder}/${name}`);
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(folder) ?? [];
  if (bucket === undefined) return (name) => readLocal(join(folder, name));
  if (!openBucket) throw new InvalidInputError(`${folder}: there are no AWS clients here. Name a folder or a URL.`);
  const store = openBucket(bucket);
  return (name) => store.read(prefix ? `${prefix}/${name}` : name);
}

async function readLocal(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new NotFoundError(
      `The backbone cannot be read: ${errorMessage(cause)}. Fetch it with 'npm run backbone -- download', or name its ` +
        "folder with backbone=<folder>.",
      { cause },
    );
  }
}

async function download(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(300_000) });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const sentence = `${url} answered ${response.status} ${response.statusText}`;
    throw response.status >= 500 ? new TransientError(sentence) : new NotFoundError(sentence);
  } catch (cause) {
    if (cause instanceof NotFoundError || cause instanceof TransientError) throw cause;
    throw new TransientError(`${url} could not be fetched: ${describeCause(cause)}`, { cause });
  }
}

function parseDescription(place: string, bytes: Uint8Array): z.infer<typeof layersModel> {
  try {
    return layersModel.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw new InvalidModelError(`model.json at ${place} is no TensorFlow.js layers model: ${errorMessage(cause)}`, {
      cause,
    });
  }
}

async function parseModel(place: string, { description, weights }: BackboneFiles): Promise<Tensorflow.LayersModel> {
  const { modelTopology, weightsManifest } = parseDescription(place, description);
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights) as unknown as WeightSpecs;
  const weightData = new Uint8Array(Buffer.concat(weights)).buffer;
  let model: Tensorflow.LayersModel;
  try {
    model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  } catch (cause) {
    throw new InvalidModelError(`The backbone at ${place} cannot be loaded: ${errorMessage(cause)}`, { cause });
  }
  const [input, output] = [model.inputs, model.outputs].map((tensors) => tensors[0]?.shape);
  if (model.inputs.length === 1 && model.outputs.length === 1 && input?.at(-1) === 3 && output?.length === 4) {
    return model;
  }
  throw new InvalidModelError(
    `The backbone at ${place} takes [${input}] and gives [${output}]; it must take one picture [N,H,W,3] and give one map ` +
      "of features [N,h,w,channels]: cut off its head",
  );
}

function hashFiles({ description, weights }: BackboneFiles): string {
  const hash = createHash("sha256").update(description);
  for (const content of weights) hash.update(content);
  return hash.digest("hex");
}
