import { createHash } from "node:crypto";
import { type ChampionManifest, servingKeys } from "../../../core/contracts/model.ts";
import { readModelFolder } from "../../../core/model/folder.ts";
import { loadVerifiedModel } from "../../../core/model/onnx-model.ts";
import { type ObjectStore, writeJson } from "../../../core/storage.ts";

/**
 * Publishes a model folder as a promotion would publish its model: once it has answered, unless `verify` is off.
 * @throws NotFoundError, InvalidModelError
 */
export async function publishFolder(folder: string, store: ObjectStore, verify = true): Promise<ChampionManifest> {
  const { onnx, sidecar } = await readModelFolder(folder);
  if (verify) await (await loadVerifiedModel(onnx)).release();
  const sha256 = createHash("sha256").update(onnx).digest("hex");
  const manifest: ChampionManifest = {
    modelName: sidecar.name,
    version: sidecar.version ?? sha256.slice(0, 12),
    alias: "champion",
    runId: "",
    key: servingKeys.model(sha256),
    sha256,
    size: onnx.length,
    datasetVersion: sidecar.datasetVersion,
    metrics: sidecar.metrics,
    createdAt: sidecar.createdAt,
  };
  await store.write(manifest.key, onnx);
  await writeJson(store, servingKeys.manifest, manifest);
  return manifest;
}
