import pMap from "p-map";
import { type DatasetSummary, datasetKeys, type ManifestRow, type Split, splits } from "../contracts/dataset.ts";
import type { DatasetRef } from "../contracts/pipeline.ts";
import { NotFoundError } from "../errors.ts";
import { type ObjectStore, readJson, writeJson } from "../storage.ts";
import { publishLatest } from "./latest.ts";
import { type ChunkPart, chunkPart, countByReason, type PlanIndex, planIndex, workKeys } from "./layout.ts";
import { formatManifest } from "./manifest.ts";
import { checkFruits, countFruits } from "./split.ts";

/**
 * Makes one dataset of the parts: manifest, list of problems, summary (last). Every row of `data.csv` is accounted for.
 * @throws NotFoundError when a chunk was not processed, InvalidDatasetError when too few fruits are left
 */
export async function assembleDataset(data: ObjectStore, version: string): Promise<DatasetRef> {
  const keys = workKeys(version);
  if (await data.head(datasetKeys.summary(version))) return publishLatest(data, version);
  const plan = await readJson(data, keys.plan, (value) => planIndex.parse(value));
  const chunks = Array.from({ length: plan.chunks }, (_, chunk) => chunk);
  const parts = await pMap(chunks, (chunk) => readPart(data, version, plan, chunk), { concurrency: 16 });

  const rows = splits.flatMap((split) => parts.flatMap((part) => part.rows.filter((row) => row.split === split)));
  const problems = [...plan.problems, ...parts.flatMap((part) => part.problems)];
  const droppedRows = problems.filter((problem) => problem.line !== undefined).length;
  if (rows.length + droppedRows !== plan.rows) {
    throw new Error(
      `Of ${plan.rows} rows ${rows.length} were kept and ${droppedRows} dropped: ${version} does not add up`,
    );
  }
  const fruits = countFruits(rows);
  checkFruits(fruits);
  const labelled = rows.filter((row) => row.shelfLifeDays !== undefined).length;
  const summary: DatasetSummary = {
    version,
    source: plan.source,
    rows: plan.rows,
    photographs: rows.length,
    labelled,
    censored: rows.length - labelled,
    fruits,
    photographsBySplit: countBySplit(rows),
    dropped: countByReason(problems),
    shards: listShards(rows, parts),
    createdAt: new Date().toISOString(),
  };
  await data.write(datasetKeys.manifest(version), formatManifest(rows), "text/csv");
  await writeJson(data, keys.problems, problems);
  await writeJson(data, datasetKeys.summary(version), summary);
  return publishLatest(data, version);
}

async function readPart(data: ObjectStore, version: string, { prefix }: PlanIndex, chunk: number): Promise<ChunkPart> {
  const key = workKeys(version).part(chunk);
  const part = (await data.head(key)) && (await readJson(data, key, (value) => chunkPart.parse(value)));
  if (part?.prefix === prefix) return part;
  throw new NotFoundError(`Chunk ${chunk} of dataset ${version} was not processed: run preprocess-data again`);
}

function countBySplit(rows: readonly ManifestRow[]): Record<Split, number> {
  const counts: Record<Split, number> = { train: 0, validation: 0, test: 0 };
  for (const { split } of rows) counts[split]++;
  return counts;
}

function listShards(rows: readonly ManifestRow[], parts: readonly ChunkPart[]): DatasetSummary["shards"] {
  const written = new Map(parts.flatMap(({ shards }) => Object.entries(shards)));
  return [...Map.groupBy(rows, ({ shard }) => shard)].map(([key, [first, ...others]]) => {
    const file = written.get(key);
    if (!file || !first) throw new Error(`Nothing says what ${key} contains`);
    return { key, split: first.split, photographs: 1 + others.length, ...file };
  });
}
