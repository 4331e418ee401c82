import { errorMessage, InvalidInputError, NamedError } from "../../../../core/errors.ts";
import { confirm } from "../../../terminal/confirm.ts";
import type { Progress } from "../../../terminal/progress.ts";
import { copyDatabase, dropDatabase, nameReplaced, registryDatabase, swapDatabase } from "../databases.ts";
import { whileStopped } from "../registry.ts";
import { Archive, type ExportSummary } from "./archive.ts";
import { checkArchive } from "./check-archive.ts";
import type { TransferStage } from "./connect.ts";
import { readRevision } from "./read-tables.ts";
import { showCopied } from "./show-copied.ts";
import { uploadObjects, uploadPointers } from "./upload-objects.ts";
import { writeTables } from "./write-tables.ts";

const importDatabase = `${registryDatabase}_import`;

export interface ImportOptions {
  /** Folder of the export. */
  from: string;
  /** Also where the stage has models. */
  replace: boolean;
  yes: boolean;
}

/**
 * Puts an exported registry in the place of a stage's own, which is kept, copies the data, and publishes the champion. All is
 * checked before anything is changed, and the registry changes last, in one step.
 * @throws InvalidInputError saying what is wrong with the export, or does not go with the stage
 */
export async function importStage(stage: TransferStage, options: ImportOptions, progress: Progress): Promise<void> {
  const { name, server } = stage;
  const archive = new Archive(options.from);
  const summary = await archive.readSummary();
  const objects = await checkArchive(archive, summary, (done, all) =>
    progress.now(`Checking the export: ${done} of ${all} files`),
  );
  await checkStage(stage, summary, options, progress);
  progress.now("");
  const replaced = nameReplaced();
  progress.line(
    `The registry of stage '${summary.stage}' (${summary.createdAt}) takes the place of that of stage '${name}', which is kept ` +
      `as ${replaced}. ${objects.length} objects go into its buckets. MLflow stops meanwhile.`,
  );
  if (!options.yes && !(await confirm(`Import it into stage '${name}'?`))) return progress.line("Nothing was changed.");
  await uploadObjects(stage.s3, stage.buckets, archive, objects, showCopied(progress));
  // The copying may have taken hours.
  await stage.checkIdle();
  progress.now("Stopping MLflow");
  await whileStopped(server, async () => {
    progress.now("Writing MLflow's database");
    await replaceRegistry(stage, archive, summary, replaced);
    progress.line("The registry is imported.");
    progress.now("Starting MLflow");
  });
  await uploadPointers(stage.s3, stage.buckets, archive, objects);
  await server.start();
  await publish(stage, progress);
}

/** Does the export go with the stage? */
async function checkStage(
  stage: TransferStage,
  summary: ExportSummary,
  { replace }: ImportOptions,
  progress: Progress,
): Promise<void> {
  const sql = stage.open(registryDatabase);
  if (!(await readRevision(sql))) {
    progress.now("Starting MLflow, which creates its tables (up to two minutes if it is scaled to zero)");
    await stage.server.start();
  }
  const revision = await readRevision(sql);
  if (revision !== summary.revision) {
    throw new InvalidInputError(
      `The export is of another version of MLflow: its tables have revision ${summary.revision}, those of stage '${stage.name}' ` +
        `${revision}. Deploy the same revision of the project in both stages, then export again.`,
    );
  }
  const models = (await sql.run("SELECT name::text FROM registered_models ORDER BY 1")).flat();
  if (models.length === 0 || replace) return;
  throw new InvalidInputError(
    `Stage '${stage.name}' already has models: ${models.join(", ")}. With --replace the export takes the place of its registry.`,
  );
}

async function replaceRegistry(
  { sql, open, buckets }: TransferStage,
  archive: Archive,
  summary: ExportSummary,
  replaced: string,
): Promise<void> {
  await copyDatabase(sql, importDatabase);
  try {
    await writeTables(open(importDatabase), archive, summary.tables, { from: summary.buckets, to: buckets });
    await swapDatabase(sql, importDatabase, replaced);
  } catch (error) {
    // What went wrong first is what matters.
    await dropDatabase(sql, importDatabase).catch(() => {});
    throw error;
  }
}

async function publish(stage: TransferStage, progress: Progress): Promise<void> {
  const sql = stage.open(registryDatabase);
  const champions = await sql.run("SELECT name::text FROM registered_model_aliases WHERE alias = 'champion'");
  if (champions.length === 0) return progress.line("It has no champion, so nothing was published.");
  progress.now("Publishing the champion");
  try {
    await stage.publishChampion();
  } catch (cause) {
    throw new NamedError(
      "ChampionNotPublished",
      `The registry is imported, but its champion is not published: ${errorMessage(cause)}. Then: ` +
        `npm run champion -- promote <version> --stage ${stage.name}`,
      { cause },
    );
  }
  progress.line("The champion is published. The API takes it up within 30 s of its next request.");
}
