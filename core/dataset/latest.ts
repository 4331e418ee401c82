import { datasetKeys, datasetSummary } from "../contracts/dataset.ts";
import { type DatasetRef, datasetRef } from "../contracts/pipeline.ts";
import { NoDataError, NotFoundError } from "../errors.ts";
import { type ObjectStore, readJson, writeJson } from "../storage.ts";

/** Makes a whole data set the newest one. @throws NotFoundError when there is no whole one of this version */
export async function publishLatest(data: ObjectStore, version: string): Promise<DatasetRef> {
  const ref = await readJson(data, datasetKeys.summary(version), (value) =>
    datasetRef.parse(datasetSummary.parse(value)),
  );
  await writeJson(data, datasetKeys.latest, ref);
  return ref;
}

/** The newest data set. @throws NoDataError when none was made yet */
export async function findDataset(data: ObjectStore): Promise<DatasetRef> {
  try {
    return await readJson(data, datasetKeys.latest, (value) => datasetRef.parse(value));
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new NoDataError('There is no processed data set yet: start the pipeline with "newData": true', {
      cause: error,
    });
  }
}
