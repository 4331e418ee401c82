import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import pMap from "p-map";
import { z } from "zod";
import { InvalidInputError } from "../../../../core/errors.ts";
import type { Archive, ExportSummary, StoredObject } from "./archive.ts";
import { hashStream } from "./hash.ts";

/**
 * Makes sure that an export is as it was written, and that its champions have their files.
 * @returns its objects
 * @throws InvalidInputError naming the first file that is missing or another
 */
export async function checkArchive(
  archive: Archive,
  summary: ExportSummary,
  onChecked: (done: number, all: number) => void,
): Promise<StoredObject[]> {
  await checkFile(archive.indexPath(), summary.objects.sha256);
  for (const { name, sha256 } of summary.tables) await checkFile(archive.tablePath(name), sha256);
  const objects = await archive.readIndex();
  // Before their contents are read: that takes a while.
  for (const object of objects) if (!(await archive.hasObject(object))) throw broken(describe(object));
  const bySha = new Map(objects.map((object) => [object.sha256, object]));
  let done = 0;
  const check = async (object: StoredObject) => {
    await checkFile(archive.objectPath(object.sha256), object.sha256, describe(object));
    onChecked(++done, bySha.size);
  };
  await pMap(bySha.values(), check, { concurrency: 4 });
  await checkChampions(archive, summary, objects);
  return objects;
}

const describe = ({ bucket, key }: StoredObject) => `the object ${key} of bucket ${bucket}`;

async function checkFile(path: string, sha256: string, what = path): Promise<void> {
  const found = await hashStream(createReadStream(path)).catch(() => undefined);
  if (found !== sha256) throw broken(what);
}

const broken = (what: string) =>
  new InvalidInputError(
    `The export is broken: ${what} is missing, or not what was exported. Export again into the same folder; what is whole there is not copied again.`,
  );

const alias = z.object({ name: z.string(), alias: z.string(), version: z.int() });
const version = z.object({
  name: z.string(),
  version: z.int(),
  source: z.string().nullable(),
  storage_location: z.string().nullable(),
});

async function checkChampions(
  archive: Archive,
  { buckets }: ExportSummary,
  objects: readonly StoredObject[],
): Promise<void> {
  const addresses = objects.flatMap(({ bucket, key }) =>
    bucket === "artifacts" ? [`s3://${buckets.artifacts}/${key}`] : [],
  );
  const versions = await readTable(archive, "model_versions", version);
  for (const champion of await readTable(archive, "registered_model_aliases", alias)) {
    if (champion.alias !== "champion") continue;
    const found = versions.find((each) => each.name === champion.name && each.version === champion.version);
    // The project's steps read the one, Python's client the other. What is no address of S3, MLflow itself resolves.
    const folders = [found?.source, found?.storage_location].filter((each) => each?.startsWith("s3://"));
    const lost = folders.find((folder) => !addresses.some((address) => address.startsWith(`${folder}/`)));
    if (folders.length > 0 && !lost) continue;
    throw new InvalidInputError(
      `The champion of ${champion.name}, version ${champion.version}, has no files in the export (${lost ?? "no address"}). ` +
        "Choose another champion in the stage it comes from, then export again.",
    );
  }
}

async function readTable<T>(archive: Archive, name: string, row: z.ZodType<T>): Promise<T[]> {
  const text = await readFile(archive.tablePath(name), "utf8");
  return text.split("\n").flatMap((line) => (line ? [row.parse(JSON.parse(line))] : []));
}
