import { createHash } from "node:crypto";
import { type ChampionManifest, servingKeys } from "../../core/contracts/model.ts";
import { type ObjectStore, writeJson } from "../../core/storage.ts";
import { tinyModel } from "./models.ts";

/** Publishes a model that answers mean(image) / 25.5 + bias days (2 more at T10, 1 more at ambient). */
export async function publishChampion(
  store: ObjectStore,
  version: string,
  bias: number,
  change: Partial<ChampionManifest> = {},
): Promise<ChampionManifest> {
  const bytes = tinyModel(bias);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const manifest: ChampionManifest = {
    modelName: "avocado-model",
    version,
    alias: "champion",
    runId: `run-${version}`,
    key: servingKeys.model(sha256),
    sha256,
    size: bytes.length,
    datasetVersion: "0123456789abcdef",
    metrics: {},
    createdAt: "2026-03-01T10:00:00.000Z",
    ...change,
  };
  await store.write(manifest.key, bytes);
  await writeJson(store, servingKeys.manifest, manifest);
  return manifest;
}
