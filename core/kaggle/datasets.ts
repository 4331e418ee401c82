import { z } from "zod";
import { optionalField, optionalText } from "./answer.ts";
import { checkDataset, type KaggleRef } from "./checks.ts";
import { isAbsent, KaggleError } from "./errors.ts";
import type { KaggleHttp } from "./http.ts";
import { type DatasetStatus, parseDatasetStatus } from "./status.ts";

/** A dataset to be made of uploads, by their tokens. It is private. */
export interface NewDataset extends KaggleRef {
  title: string;
  /** As Kaggle names licences, such as `CC-BY-4.0`; `other` where it has no name. */
  licence: string;
  /** Else Kaggle deletes the versions before this one. */
  keepVersions: boolean;
  files: readonly string[];
  /** Files in folders, by the folder's name: outside folders Kaggle takes 50 files (kaggle.com/docs/datasets). */
  folders?: Record<string, readonly string[]>;
}

const service = "datasets.DatasetApiService";
const answeredStatus = z.object({ status: z.unknown().optional() });
const created = z.object({
  status: optionalText,
  error: optionalText,
});
const described = z.object({ currentVersionNumber: z.int().min(1) });
const listed = z.object({
  datasetFiles: optionalField(z.array(z.object({ name: z.string(), totalBytes: z.coerce.number().default(0) })), []),
  errorMessage: optionalText,
  nextPageToken: optionalText,
});
export type DatasetFile = z.infer<typeof listed>["datasetFiles"][number];

const named = ({ owner, slug }: KaggleRef) => ({ ownerSlug: owner, datasetSlug: slug });

const byToken = (tokens: readonly string[]) => tokens.map((token) => ({ token }));
function contentOf({ files, folders = {} }: NewDataset): object {
  const directories = Object.entries(folders).map(([name, tokens]) => ({ name, files: byToken(tokens) }));
  return { files: byToken(files), ...(directories.length > 0 && { directories }) };
}

/** Datasets on Kaggle. */
export class KaggleDatasets {
  private readonly http: KaggleHttp;

  constructor(http: KaggleHttp) {
    this.http = http;
  }

  /** How far Kaggle is with the newest version, or undefined if the dataset does not exist. */
  async status(ref: KaggleRef): Promise<DatasetStatus | undefined> {
    try {
      return parseDatasetStatus(
        (await this.http.call(`${service}/GetDatasetStatus`, named(ref), answeredStatus)).status,
      );
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** Makes the dataset, or a new version of it where it exists. @throws KaggleError, TransientError, InvalidInputError */
  async publish(dataset: NewDataset, versionNotes: string): Promise<void> {
    checkDataset(dataset);
    const status = await this.status(dataset);
    if (status === undefined || status === "DELETED") await this.create(dataset);
    else await this.createVersion(dataset, versionNotes);
  }

  /** Deletes a dataset with all its versions. There may be none. */
  async delete(ref: KaggleRef): Promise<void> {
    try {
      await this.http.call(`${service}/DeleteDataset`, named(ref), z.unknown());
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  /** Number of the newest version. */
  async currentVersion(ref: KaggleRef): Promise<number> {
    return (await this.http.call(`${service}/GetDataset`, named(ref), described)).currentVersionNumber;
  }

  /** Files of a version, default the newest. */
  async listFiles(ref: KaggleRef, version?: number): Promise<DatasetFile[]> {
    const method = `${service}/ListDatasetFiles`;
    const files: DatasetFile[] = [];
    let pageToken = "";
    do {
      const body = { ...named(ref), pageSize: 200, ...(version && { datasetVersionNumber: version }) };
      const page = await this.http.call(method, { ...body, ...(pageToken && { pageToken }) }, listed);
      if (page.errorMessage) throw new KaggleError(method, 200, page.errorMessage);
      if (pageToken && page.nextPageToken === pageToken) throw new KaggleError(method, 200, "its pages do not end");
      files.push(...page.datasetFiles);
      pageToken = page.nextPageToken;
    } while (pageToken);
    return files;
  }

  private create(dataset: NewDataset): Promise<void> {
    const { owner, slug, title, licence } = dataset;
    return this.make("CreateDataset", {
      ownerSlug: owner,
      slug,
      title,
      licenseName: licence,
      isPrivate: true,
      ...contentOf(dataset),
    });
  }

  private createVersion(dataset: NewDataset, versionNotes: string): Promise<void> {
    const body = { versionNotes, ...(!dataset.keepVersions && { deleteOldVersions: true }), ...contentOf(dataset) };
    return this.make("CreateDatasetVersion", { ...named(dataset), body });
  }

  private async make(method: string, body: object): Promise<void> {
    const { status, error } = await this.http.callOnce(`${service}/${method}`, body, created);
    if (error || status.toLowerCase() !== "ok") {
      throw new KaggleError(`${service}/${method}`, 200, error || `it answered with status '${status}'`);
    }
  }
}
