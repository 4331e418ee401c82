import { readdir, readFile } from "node:fs/promises";
import { join, parse } from "node:path";
import type { CountsByReason, StorageGroup } from "../contracts/dataset.ts";
import { errorMessage, NotFoundError } from "../errors.ts";
import { labelRows } from "./labels.ts";
import { parseRows } from "./rows.ts";

/** A photograph file with its label. */
export interface PhotographFile {
  path: string;
  storageGroup: StorageGroup;
  /** Days left, never below 0. */
  days: number;
  sample: string;
  /** Ripening stage, 1 to 5. */
  stage: number;
}

/** The labelled photographs of a raw dataset, and what was left out, by reason. */
export interface LabelledFolder {
  photographs: PhotographFile[];
  leftOut: CountsByReason;
  /** All fruits of `data.csv`, labelled or not. */
  samples: Set<string>;
}

/**
 * Lists the labelled photographs of a folder with `data.csv` and `images/`, as they are, without a processed dataset.
 * @throws NotFoundError, InvalidDatasetError
 */
export async function readLabelledFolder(folder: string): Promise<LabelledFolder> {
  const csv = await read(join(folder, "data.csv"), (path) => readFile(path));
  const names = await read(join(folder, "images"), (path) => readdir(path));
  const files = new Map(names.map((name) => [parse(name).name, name]));
  const { rows, problems } = parseRows(csv);
  const labels = labelRows(rows);
  const leftOut: CountsByReason = {};
  const count = (reason: string) => {
    leftOut[reason] = (leftOut[reason] ?? 0) + 1;
  };
  for (const { reason } of problems) count(reason);
  const photographs = rows.flatMap(({ fileName, storageGroup, sample, stage }, i): PhotographFile[] => {
    const file = files.get(fileName);
    const days = labels[i]?.shelfLifeDays;
    if (file !== undefined && days !== undefined) {
      return [{ path: join(folder, "images", file), storageGroup, days, sample, stage }];
    }
    count(file === undefined ? "no-photograph" : "no-label");
    return [];
  });
  return { photographs, leftOut, samples: new Set(rows.map(({ sample }) => sample)) };
}

async function read<T>(path: string, how: (path: string) => Promise<T>): Promise<T> {
  try {
    return await how(path);
  } catch (cause) {
    throw new NotFoundError(`${path} cannot be read: a dataset has data.csv and images/ (${errorMessage(cause)})`, {
      cause,
    });
  }
}
