import { z } from "zod";
import { datasetKeys, datasetSummary } from "../contracts/dataset.ts";
import { type DatasetRef, datasetRef } from "../contracts/pipeline.ts";
import { NoDataError, NotFoundError } from "../errors.ts";
import { type ObjectStore, readJson, writeJson } from "../storage.ts";
import { processingVersion } from "./layout.ts";

const latest = datasetRef.extend({ processing: z.int().default(1) });

/** Makes a complete dataset the newest one. @throws NotFoundError when this version does not exist or is incomplete */
export async function publishLatest(data: ObjectStore, version: string): Promise<DatasetRef> {
  const ref = await readJson(data, datasetKeys.summary(version), (value) =>
    datasetRef.parse(datasetSummary.parse(value)),
  );
  await writeJson(data, datasetKeys.latest, { ...ref, processing: processingVersion });
  return ref;
}

/** The newest dataset. @throws NoDataError when none was made yet, or none that this version of the pipeline can read */
export async function findDataset(data: ObjectStore): Promise<DatasetRef> {
  const read = readJson(data, datasetKeys.latest, (value) => latest.parse(value));
  const { processing, ...ref } = await read.catch((cause: unknown) => {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new NoDataError('There is no processed dataset yet: start the pipeline with "newData": true', { cause });
  });
  if (processing === processingVersion) return ref;
  throw new NoDataError(
    'The newest dataset was prepared by another version of the pipeline: start the pipeline with "newData": true',
  );
}
