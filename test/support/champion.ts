import type { ChampionManifest } from "../../core/contracts/model.ts";
import { buildManifest, writeChampion } from "../../core/serving/manifest.ts";
import type { ObjectStore } from "../../core/storage.ts";
import { tinyModel } from "./models.ts";

/** Publishes a model that answers mean(image) / 25.5 + bias days (2 more at T10, 1 more at ambient). */
export async function publishChampion(
  store: ObjectStore,
  version: string,
  bias: number,
  change: Partial<ChampionManifest> = {},
): Promise<ChampionManifest> {
  const bytes = tinyModel(bias);
  const facts = {
    modelName: "avocado-model",
    version,
    runId: `run-${version}`,
    datasetVersion: "0123456789abcdef",
    metrics: {},
    createdAt: "2026-03-01T10:00:00.000Z",
  };
  const manifest = { ...buildManifest(bytes, facts), ...change };
  await writeChampion(store, bytes, manifest);
  return manifest;
}
