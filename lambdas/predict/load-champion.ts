import { createHash } from "node:crypto";
import { imageBytes } from "../../core/contracts/dataset.ts";
import { type ChampionManifest, championManifest, servingKeys } from "../../core/contracts/model.ts";
import type { ServedModel } from "../../core/contracts/predict.ts";
import { InvalidModelError } from "../../core/errors.ts";
import { loadOnnxModel, type OnnxModel, predictDays } from "../../core/model/onnx-model.ts";
import { type ObjectStore, readJson } from "../../core/storage.ts";

/** A model that is ready to answer. */
export interface LoadedModel {
  model: OnnxModel;
  served: ServedModel;
  loadedAt: Date;
}

/** Reads what the champion is. @throws NotFoundError, or ZodError when the manifest is wrong */
export function readManifest(store: ObjectStore): Promise<ChampionManifest> {
  return readJson(store, servingKeys.manifest, (value) => championManifest.parse(value));
}

/** Reads a model, verifies its hash, loads and warms it. @throws InvalidModelError, NotFoundError */
export async function loadChampion(store: ObjectStore, manifest: ChampionManifest): Promise<LoadedModel> {
  const bytes = await store.read(manifest.key);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== manifest.sha256) {
    throw new InvalidModelError(
      `${manifest.key} is not the model that was published: its SHA-256 is ${sha256}, not ${manifest.sha256}`,
    );
  }
  const model = await loadOnnxModel(bytes);
  const [days] = await predictDays(model, [new Uint8Array(imageBytes)], ["T20"]);
  if (!Number.isFinite(days)) throw new InvalidModelError(`Version ${manifest.version} predicts ${days} days`);
  return { model, served: servedModel(manifest), loadedAt: new Date() };
}

/** What an answer says of the model that gave it. */
export function servedModel({ modelName, version, alias, runId, sha256 }: ChampionManifest): ServedModel {
  return { name: modelName, version, alias, runId, sha256 };
}
