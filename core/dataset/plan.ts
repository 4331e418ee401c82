import pMap from "p-map";
import { datasetKeys, splits } from "../contracts/dataset.ts";
import { type DatasetPlan, type FetchedData, maxShardItems } from "../contracts/pipeline.ts";
import { InvalidDatasetError } from "../errors.ts";
import { type ObjectStore, readJson, writeJson } from "../storage.ts";
import { labelRows } from "./labels.ts";
import { publishLatest } from "./latest.ts";
import {
  type ChunkPlan,
  type FetchedIndex,
  fetchedIndex,
  fetchedKeys,
  fetchedPhotographs,
  type PlanIndex,
  planIndex,
  problems,
  workKeys,
} from "./layout.ts";
import { parseRows } from "./rows.ts";
import { checkFruits, countFruits, splitOfFruit } from "./split.ts";

/**
 * Labels and splits the fetched rows, and plans which photographs each chunk gives. Rows without a photograph are dropped
 * and counted. A version that is there already is not planned again.
 * @throws InvalidDatasetError when a split has too few fruits
 */
export async function planDataset(data: ObjectStore, fetched: FetchedData): Promise<DatasetPlan> {
  const { version, prefix } = fetched;
  if (await data.head(datasetKeys.summary(version))) {
    await publishLatest(data, version);
    return { version, done: true, items: [] };
  }
  const index = await readJson(data, fetchedKeys(prefix).index, (value) => fetchedIndex.parse(value));
  const planned = await readPlan(data, version);
  if (planned?.prefix !== prefix) await writePlan(data, version, index);

  const chunksOfItem = Math.ceil(index.chunks / maxShardItems);
  const items = Array.from({ length: Math.ceil(index.chunks / chunksOfItem) }, (_, item) => ({
    version,
    first: item * chunksOfItem,
    last: Math.min((item + 1) * chunksOfItem, index.chunks) - 1,
  }));
  return { version, done: false, items };
}

async function readPlan(data: ObjectStore, version: string): Promise<PlanIndex | undefined> {
  const { plan } = workKeys(version);
  return (await data.head(plan)) && readJson(data, plan, (value) => planIndex.parse(value));
}

async function writePlan(data: ObjectStore, version: string, { fetched, source, chunks }: FetchedIndex): Promise<void> {
  const keys = fetchedKeys(fetched.prefix);
  const { rows } = parseRows(await data.read(keys.rows));
  const photographs = await readJson(data, keys.photographs, (value) => fetchedPhotographs.parse(value));
  const byName = new Map(photographs.map((photograph) => [photograph.name, photograph]));
  const labels = labelRows(rows);

  const plans: ChunkPlan[] = Array.from({ length: chunks }, () => []);
  for (const [at, { line, fileName, storageGroup, sample, stage }] of rows.entries()) {
    const photograph = byName.get(fileName);
    if (!photograph) continue;
    const split = splitOfFruit(source.source, sample);
    const row = { fileName, storageGroup, ...labels[at], sample, stage, split };
    plans[photograph.chunk]?.push({ path: photograph.path, line, row });
  }
  checkPlan(plans.flat());
  await pMap(plans, (plan, chunk) => data.write(workKeys(version).chunk(chunk), JSON.stringify(plan)), {
    concurrency: 16,
  });
  const problemList = await readJson(data, keys.problems, (value) => problems.parse(value));
  const plan: PlanIndex = { prefix: fetched.prefix, source, chunks, rows: fetched.rows, problems: problemList };
  await writeJson(data, workKeys(version).plan, plan);
}

function checkPlan(plan: ChunkPlan): void {
  checkFruits(countFruits(plan.map(({ row }) => row)));
  const labelled = new Set(plan.filter(({ row }) => row.shelfLifeDays !== undefined).map(({ row }) => row.split));
  const without = splits.filter((split) => !labelled.has(split));
  if (without.length > 0) {
    throw new InvalidDatasetError(
      `No fruit of ${without.join(" and ")} was seen at stage 5, so none of their photographs has a label: add photographs of ` +
        "later days or of more fruits",
    );
  }
}
