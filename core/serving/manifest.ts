import { createHash } from "node:crypto";
import { type ChampionManifest, servingKeys } from "../contracts/model.ts";
import { type ObjectStore, writeJson } from "../storage.ts";

/** The facts of a manifest that do not follow from the graph. */
export type ChampionFacts = Omit<ChampionManifest, "alias" | "key" | "sha256" | "size" | "version"> & {
  /** Default: the first 12 digits of the graph's hash. */
  version?: string | undefined;
};

/** The manifest of a graph. */
export function buildManifest(onnx: Uint8Array, facts: ChampionFacts): ChampionManifest {
  const sha256 = createHash("sha256").update(onnx).digest("hex");
  return {
    ...facts,
    version: facts.version ?? sha256.slice(0, 12),
    alias: "champion",
    key: servingKeys.model(sha256),
    sha256,
    size: onnx.length,
  };
}

/** Writes the graph, unless it is there, and then the manifest: a manifest never names a graph that is not there. */
export async function writeChampion(store: ObjectStore, onnx: Uint8Array, manifest: ChampionManifest): Promise<void> {
  const published = await store.head(manifest.key);
  if (published?.size !== onnx.length) await store.write(manifest.key, onnx, "application/octet-stream");
  await writeJson(store, servingKeys.manifest, manifest);
}
