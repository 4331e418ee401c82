import type { ChampionManifest } from "../../../core/contracts/model.ts";
import { readModelFolder } from "../../../core/model/folder.ts";
import { loadVerifiedModel } from "../../../core/model/onnx-model.ts";
import { buildManifest, writeChampion } from "../../../core/serving/manifest.ts";
import type { ObjectStore } from "../../../core/storage.ts";

/**
 * Publishes a model folder as a promotion would publish its model: once it has answered, unless `verify` is off.
 * @throws NotFoundError, InvalidModelError
 */
export async function publishFolder(folder: string, store: ObjectStore, verify = true): Promise<ChampionManifest> {
  const { onnx, sidecar } = await readModelFolder(folder);
  if (verify) await (await loadVerifiedModel(onnx)).release();
  const { name: modelName, version, datasetVersion, metrics, createdAt } = sidecar;
  const manifest = buildManifest(onnx, { modelName, version, runId: "", datasetVersion, metrics, createdAt });
  await writeChampion(store, onnx, manifest);
  return manifest;
}
