import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import type { Blobs } from "./blobs.ts";
import type { Faults } from "./faults.ts";
import { listFolder } from "./folder.ts";
import { ApiError, type Call, type Method, method, pageOf } from "./http.ts";
import { unpackUpload } from "./unpack.ts";

interface Version {
  folder: string;
  notes: string;
  readyAt: number;
  failed: boolean;
  /** By a later version that wanted it so; numbers are not given out again. */
  deleted: boolean;
}

interface Dataset {
  title: string;
  versions: Version[];
}

const named = z.object({ ownerSlug: z.string(), datasetSlug: z.string() });
const tokens = z.array(z.object({ token: z.string() }));
const directories = z.array(z.object({ name: z.string().regex(/^[\w-]+$/), files: tokens })).default([]);
type Directories = z.infer<typeof directories>;

/** Datasets, each with its versions. */
export class Datasets {
  readonly methods: Record<string, Method>;
  private readonly folder: string;
  private readonly blobs: Blobs;
  private readonly faults: Faults;
  private readonly datasets = new Map<string, Dataset>();

  constructor(folder: string, blobs: Blobs, faults: Faults) {
    this.folder = folder;
    this.blobs = blobs;
    this.faults = faults;
    const create = z.object({
      ownerSlug: z.string(),
      slug: z.string().min(6).max(50),
      title: z.string().min(6).max(50),
      licenseName: z.string().min(1),
      files: tokens,
      directories,
    });
    const newVersion = z.object({
      versionNotes: z.string().default(""),
      deleteOldVersions: z.boolean().default(false),
      files: tokens,
      directories,
    });
    const createVersion = named.extend({ body: newVersion });
    const list = named.extend({
      datasetVersionNumber: z.int().optional(),
      pageSize: z.int().optional(),
      pageToken: z.string().optional(),
    });
    const download = named.extend({ fileName: z.string(), datasetVersionNumber: z.int().optional() });
    const service = "datasets.DatasetApiService";
    this.methods = {
      [`${service}/GetDatasetStatus`]: method(named, (ref) => ({ status: this.status(this.newest(ref)) })),
      [`${service}/GetDataset`]: method(named, (ref) => {
        const { title, versions } = this.find(ref);
        this.rejectTooEarly(this.newest(ref));
        const name = `${ref.ownerSlug}/${ref.datasetSlug}`;
        return { ref: name, title, isPrivate: true, currentVersionNumber: versions.length };
      }),
      [`${service}/CreateDataset`]: method(create, async ({ ownerSlug, slug, title, ...body }, call) => {
        const key = `${ownerSlug}/${slug}`;
        if (this.datasets.has(key)) return failed(`The requested title "${title}" is already in use`);
        return this.addVersion(key, title, "Initial release", body, call);
      }),
      [`${service}/CreateDatasetVersion`]: method(createVersion, async ({ ownerSlug, datasetSlug, body }, call) => {
        const { title, versions } = this.find({ ownerSlug, datasetSlug });
        const before = [...versions];
        const made = await this.addVersion(`${ownerSlug}/${datasetSlug}`, title, body.versionNotes, body, call);
        if (body.deleteOldVersions && versions.length > before.length) for (const each of before) each.deleted = true;
        return made;
      }),
      [`${service}/DeleteDataset`]: method(named, (ref, { user }) => {
        this.find(ref);
        if (ref.ownerSlug !== user) throw new ApiError(403, "Permission 'datasets.delete' was denied");
        this.datasets.delete(`${ref.ownerSlug}/${ref.datasetSlug}`);
        return {};
      }),
      [`${service}/ListDatasetFiles`]: method(list, async ({ pageSize, pageToken, datasetVersionNumber, ...ref }) => {
        const version = this.version(ref, datasetVersionNumber);
        this.rejectTooEarly(version);
        const files = await listFolder(version.folder);
        const { page, nextPageToken } = pageOf(files, pageSize, pageToken);
        const described = page.map(({ name, size, modified }) => ({
          name,
          totalBytes: size,
          creationDate: modified.toISOString(),
        }));
        return { datasetFiles: described, nextPageToken };
      }),
      [`${service}/DownloadDataset`]: method(download, async ({ fileName, datasetVersionNumber, ...ref }, call) => {
        const { folder } = this.version(ref, datasetVersionNumber);
        const file = (await listFolder(folder)).find(({ name }) => name === fileName);
        if (!file) throw new ApiError(404, `Not found: ${fileName}`);
        createReadStream(join(folder, file.name)).pipe(call.response);
        return undefined;
      }),
    };
  }

  /** Folder of a dataset that a kernel names and where the kernel finds it, or undefined where it is not ready. */
  mounted(source: string): { at: string; folder: string } | undefined {
    const [ownerSlug = "", datasetSlug = "", number] = source.split("/");
    const dataset = this.datasets.get(`${ownerSlug}/${datasetSlug}`);
    const ready = (dataset?.versions ?? []).map((each) =>
      this.status(each) === "READY" && !each.deleted ? each : undefined,
    );
    const version = number ? ready[Number(number) - 1] : ready.findLast((each) => each !== undefined);
    // The clients' documentation still says `<slug>` alone; notebooks of 2026 list this.
    return version && { at: join("datasets", ownerSlug, datasetSlug), folder: version.folder };
  }

  private async addVersion(
    key: string,
    title: string,
    notes: string,
    { files, directories }: { files: { token: string }[]; directories: Directories },
    { user }: Call,
  ) {
    const { datasetSeconds, datasetFails, topLevelFiles } = this.faults.current;
    if (key.split("/")[0] !== user) throw new ApiError(403, "Permission 'datasets.create' was denied");
    if (files.length === 0) return failed("At least one file is needed");
    if (files.length > topLevelFiles) return failed(`A dataset may have at most ${topLevelFiles} top-level files`);
    const dataset = this.datasets.get(key) ?? { title, versions: [] };
    const folder = join(this.folder, key, String(dataset.versions.length + 1));
    await mkdir(folder, { recursive: true });
    for (const { name, files: inside } of [{ name: "", files }, ...directories]) {
      for (const blob of await this.blobs.take(inside.map(({ token }) => token))) {
        await unpackUpload(blob.path, join(folder, name, basename(blob.name)));
      }
    }
    dataset.versions.push({
      folder,
      notes,
      readyAt: Date.now() + datasetSeconds * 1000,
      failed: datasetFails,
      deleted: false,
    });
    this.datasets.set(key, dataset);
    return { status: "ok", ref: key, url: `https://www.kaggle.com/datasets/${key}`, error: "", invalidTags: [] };
  }

  private find({ ownerSlug, datasetSlug }: z.infer<typeof named>): Dataset {
    const dataset = this.datasets.get(`${ownerSlug}/${datasetSlug}`);
    if (!dataset) throw new ApiError(404, "Not found");
    return dataset;
  }

  private newest(ref: z.infer<typeof named>): Version {
    return this.version(ref, undefined);
  }

  /** "Newly created versions may return 404 for several seconds" (github.com/Kaggle/kaggle-cli/issues/890). */
  private rejectTooEarly({ readyAt }: Version): void {
    if (Date.now() < readyAt + 1000 * this.faults.current.absentSeconds) throw new ApiError(404, "Not found");
  }

  private version(ref: z.infer<typeof named>, number: number | undefined): Version {
    const { versions } = this.find(ref);
    const version = versions.at(number === undefined ? -1 : number - 1);
    if (!version || version.deleted) throw new ApiError(404, "Not found");
    return version;
  }

  private status({ readyAt, failed }: Version): string {
    if (Date.now() < readyAt) return "BLOBS_RECEIVED";
    return failed ? "FAILED" : "READY";
  }
}

const failed = (error: string) => ({ status: "error", error, ref: "", url: "", invalidTags: [] });
