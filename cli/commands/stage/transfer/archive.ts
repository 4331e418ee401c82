import { createReadStream } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { InvalidInputError } from "../../../../core/errors.ts";
import { replaceFile } from "../../../../core/replace-file.ts";
import { hashStream } from "./hash.ts";

/** What the buckets of a stage are for. Their names differ between stages, accounts and regions. */
const bucketPurpose = z.enum(["raw", "data", "artifacts"]);
export type BucketPurpose = z.infer<typeof bucketPurpose>;
export type BucketNames = Record<BucketPurpose, string>;

const storedObject = z.object({
  bucket: bucketPurpose,
  key: z.string(),
  /** Bytes. */
  size: z.int(),
  /** What S3 called this content. */
  etag: z.string(),
  modified: z.iso.datetime(),
  sha256: z.string(),
  contentType: z.string().optional(),
});
/** An object that was exported. */
export type StoredObject = z.infer<typeof storedObject>;

const storedTable = z.object({ name: z.string(), rows: z.int(), sha256: z.string() });
/** A table that was exported. */
export type StoredTable = z.infer<typeof storedTable>;

const summary = z.object({
  format: z.literal(1),
  stage: z.string(),
  createdAt: z.iso.datetime(),
  /** Version of the tables, as MLflow numbers them. */
  revision: z.string(),
  buckets: z.record(bucketPurpose, z.string()),
  tables: z.array(storedTable),
  objects: z.object({ count: z.int(), sha256: z.string() }),
});
export type ExportSummary = z.infer<typeof summary>;

/**
 * Folder of an exported stage: `export.json`, written last; `database/<table>.jsonl` with a row a line; `objects.jsonl` with an
 * object a line; and the objects by the hash of their content, since not every key is the name of a file.
 */
export class Archive {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  tablePath = (name: string) => join(this.folder, "database", `${name}.jsonl`);
  objectPath = (sha256: string) => join(this.folder, "objects", sha256.slice(0, 2), sha256);
  partPath = (name: string) => join(this.folder, "objects", `${name}.partial`);
  indexPath = () => join(this.folder, "objects.jsonl");
  private summaryPath = () => join(this.folder, "export.json");

  /** Begins an export, or goes on with one that broke off. Until it ends it counts as incomplete. */
  async begin(): Promise<void> {
    for (const path of [this.tablePath("any"), this.partPath("any")]) await mkdir(dirname(path), { recursive: true });
    await rm(this.summaryPath(), { force: true });
  }

  /** Ends an export: what it has, in one file after the other. */
  async end(found: Omit<ExportSummary, "format" | "objects">, objects: readonly StoredObject[]): Promise<void> {
    const index = objects.map((object) => `${JSON.stringify(object)}\n`).join("");
    await replaceFile(this.indexPath(), (temporary) => writeFile(temporary, index));
    const sha256 = await hashStream(createReadStream(this.indexPath()));
    const whole: ExportSummary = { format: 1, ...found, objects: { count: objects.length, sha256 } };
    const text = `${JSON.stringify(whole, null, 1)}\n`;
    await replaceFile(this.summaryPath(), (temporary) => writeFile(temporary, text));
  }

  /** @throws InvalidInputError when the folder is not a complete export */
  async readSummary(): Promise<ExportSummary> {
    const text = await readFile(this.summaryPath(), "utf8").catch(() => undefined);
    if (!text)
      throw new InvalidInputError(`${this.folder} is not a complete export: export.json, written last, is missing.`);
    try {
      return summary.parse(JSON.parse(text));
    } catch (cause) {
      throw new InvalidInputError(`${this.summaryPath()} is not the summary of an export.`, { cause });
    }
  }

  /** Objects that are in the folder; of an export that broke off, those it had come to. */
  async readIndex(): Promise<StoredObject[]> {
    const text = await readFile(this.indexPath(), "utf8").catch(() => "");
    // The last line may have been cut off.
    const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    return lines.flatMap((line) => (line ? [storedObject.parse(JSON.parse(line))] : []));
  }

  /** Is the content of an object there, as far as its length says? */
  async hasObject({ sha256, size }: StoredObject): Promise<boolean> {
    return (await stat(this.objectPath(sha256)).catch(() => undefined))?.size === size;
  }
}
