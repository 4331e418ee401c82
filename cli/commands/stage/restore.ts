import { InvalidInputError, NotFoundError } from "../../../core/errors.ts";
import { confirm } from "../../terminal/confirm.ts";
import type { Progress } from "../../terminal/progress.ts";
import { listCopies, nameReplaced, swapDatabase } from "./databases.ts";
import { connectRegistry, whileStopped } from "./registry.ts";

export interface RestoreOptions {
  /** The copy that is wanted, where there are several. */
  copy?: string | undefined;
  /** Does not start MLflow again. */
  leaveStopped: boolean;
  yes: boolean;
}

/**
 * Brings back a copy of MLflow's database. The database of now is kept under another name.
 * @throws NotFoundError where there is no such copy; InvalidInputError where there are several and none is named
 */
export async function restore(stage: string, options: RestoreOptions, progress: Progress): Promise<void> {
  const { sql, server } = await connectRegistry(stage);
  progress.now("Looking for copies (up to a minute if the database is paused)");
  const copy = choose(await listCopies(sql), options.copy);
  progress.now("");
  const replaced = nameReplaced();
  progress.line(`${copy} takes the place of MLflow's database, which is kept as ${replaced}. MLflow stops meanwhile.`);
  if (!options.yes && !(await confirm(`Bring it back in stage '${stage}'?`)))
    return progress.line("Nothing was changed.");
  progress.now("Stopping MLflow");
  const swap = async () => {
    await swapDatabase(sql, copy, replaced);
    progress.line(`Brought back ${copy}.`);
    progress.now("Starting MLflow");
  };
  await whileStopped(options.leaveStopped ? { ...server, isRequested: async () => false } : server, swap);
}

function choose(copies: string[], wanted: string | undefined): string {
  const [first, ...others] = wanted ? copies.filter((copy) => copy === wanted) : copies;
  if (!first) throw new NotFoundError(`There is no ${wanted ? `copy '${wanted}'` : "copy of MLflow's database"}.`);
  if (others.length > 0)
    throw new InvalidInputError(`There are several copies: choose one with --copy.\n  ${copies.join("\n  ")}`);
  return first;
}
