import { NotFoundError } from "../../../../core/errors.ts";
import { confirm } from "../../../terminal/confirm.ts";
import type { Progress } from "../../../terminal/progress.ts";
import { registryDatabase } from "../databases.ts";
import { whileStopped } from "../registry.ts";
import { Archive, type ExportSummary } from "./archive.ts";
import type { TransferStage } from "./connect.ts";
import { downloadObjects } from "./download-objects.ts";
import { readRevision, readTables } from "./read-tables.ts";
import { showCopied } from "./show-copied.ts";

/**
 * Writes registry and data of a stage into a folder. Run again after a failure, it copies only the objects that it had not come to.
 * @throws NotFoundError where MLflow has no tables yet
 */
export async function exportStage(
  stage: TransferStage,
  { to, yes }: { to: string; yes: boolean },
  progress: Progress,
): Promise<void> {
  const { name, buckets, server } = stage;
  if (!yes && !(await confirm(`Export stage '${name}'? MLflow stops while its database is read.`)))
    return progress.line("Nothing was exported.");
  const archive = new Archive(to);
  await archive.begin();
  progress.now("Stopping MLflow, so that nothing changes while its database is read");
  let registry: Pick<ExportSummary, "revision" | "tables"> | undefined;
  await whileStopped(server, async () => {
    progress.now("Reading MLflow's database");
    registry = await readRegistry(stage, archive);
    progress.now("Starting MLflow");
  });
  if (!registry) throw new Error("The database was not read");
  const rows = registry.tables.reduce((sum, table) => sum + table.rows, 0);
  progress.line(`Read MLflow's database: ${rows} rows.`);
  const objects = await downloadObjects(stage.s3, buckets, archive, showCopied(progress));
  await archive.end({ stage: name, createdAt: new Date().toISOString(), ...registry, buckets }, objects);
  progress.line(`Exported stage '${name}' with ${objects.length} objects to ${to}.`);
}

async function readRegistry(stage: TransferStage, archive: Archive) {
  const sql = stage.open(registryDatabase);
  const revision = await readRevision(sql);
  if (revision) return { revision, tables: await readTables(sql, archive) };
  throw new NotFoundError(`MLflow of stage '${stage.name}' has never run: there is no registry to export.`);
}
