import { createHash } from "node:crypto";
import { bootstrapVersion, type ChampionManifest, championManifest, servingKeys } from "../core/contracts/model.ts";
import type { ServedModel } from "../core/contracts/predict.ts";
import { InvalidModelError } from "../core/errors.ts";
import { FolderStore } from "../core/folder-store.ts";
import type { ModelFolder } from "../core/model/folder.ts";
import { loadVerifiedModel, type OnnxModel } from "../core/model/onnx-model.ts";
import { type ObjectStore, readJson } from "../core/storage.ts";

/** A model that is ready to answer. */
export interface LoadedModel {
  model: OnnxModel;
  served: ServedModel;
  loadedAt: Date;
  /** Where it was published. */
  source: string;
}

export interface LoadOptions {
  /** Cores that one inference uses (default: all). */
  threads?: number;
  /** Keeps models by their hash, for the next process on this machine. */
  cacheFolder?: string;
}

/** Reads what the champion is. @throws NotFoundError, or ZodError when the manifest is wrong */
export function readManifest(store: ObjectStore): Promise<ChampionManifest> {
  return readJson(store, servingKeys.manifest, (value) => championManifest.parse(value));
}

/** Reads a model, verifies its hash, loads and warms it. @throws InvalidModelError, NotFoundError */
export async function loadChampion(
  store: ObjectStore,
  manifest: ChampionManifest,
  { threads, cacheFolder }: LoadOptions = {},
): Promise<LoadedModel> {
  const model = await loadVerifiedModel(await readGraph(store, manifest, cacheFolder), { ...(threads && { threads }) });
  return { model, served: servedModel(manifest), loadedAt: new Date(), source: manifest.key };
}

/** Loads and warms the model that ships with the project. @throws InvalidModelError */
export async function loadBootstrap(
  { onnx, sidecar }: ModelFolder,
  { threads }: LoadOptions = {},
): Promise<LoadedModel> {
  const model = await loadVerifiedModel(onnx, { ...(threads && { threads }) });
  const served = { name: sidecar.name, version: bootstrapVersion, alias: "bootstrap", sha256: hashOf(onnx) };
  return { model, served, loadedAt: new Date(), source: "models/bootstrap" };
}

async function readGraph(store: ObjectStore, { key, sha256 }: ChampionManifest, folder?: string): Promise<Uint8Array> {
  const cache = folder ? new FolderStore(folder) : undefined;
  const name = `${sha256}.onnx`;
  const cached = await cache?.read(name).catch(() => undefined);
  if (cached && hashOf(cached) === sha256) return cached;
  const bytes = await store.read(key);
  const found = hashOf(bytes);
  if (found !== sha256) {
    throw new InvalidModelError(`${key} is not the model that was published: its SHA-256 is ${found}, not ${sha256}`);
  }
  // A full disk is not a reason not to serve.
  await cache?.write(name, bytes).catch(() => undefined);
  return bytes;
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What an answer says of the model that gave it. */
export function servedModel({ modelName, version, alias, runId, sha256 }: ChampionManifest): ServedModel {
  return { name: modelName, version, alias, runId, sha256 };
}
