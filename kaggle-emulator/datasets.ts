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
}

interface Dataset {
  title: string;
  versions: Version[];
}

const named = z.object({ ownerSlug: z.string(), datasetSlug: z.string() });
const tokens = z.array(z.object({ token: z.string() }));

/** Data sets, each with its versions. */
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
    });
    const createVersion = named.extend({ body: z.object({ versionNotes: z.string().default(""), files: tokens }) });
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
        const name = `${ref.ownerSlug}/${ref.datasetSlug}`;
        return { ref: name, title, isPrivate: true, currentVersionNumber: versions.length };
      }),
      [`${service}/CreateDataset`]: method(create, async ({ ownerSlug, slug, title, files }, call) => {
        const key = `${ownerSlug}/${slug}`;
        if (this.datasets.has(key)) return failed(`The requested title "${title}" is already in use`);
        return this.addVersion(key, title, "Initial release", files, call);
      }),
      [`${service}/CreateDatasetVersion`]: method(createVersion, async ({ ownerSlug, datasetSlug, body }, call) => {
        const { title } = this.find({ ownerSlug, datasetSlug });
        return this.addVersion(`${ownerSlug}/${datasetSlug}`, title, body.versionNotes, body.files, call);
      }),
      [`${service}/ListDatasetFiles`]: method(list, async ({ pageSize, pageToken, datasetVersionNumber, ...ref }) => {
        const files = await listFolder(this.version(ref, datasetVersionNumber).folder);
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

  /** Folder of a data set that a kernel names and where the kernel finds it, or undefined where it is not ready. */
  mounted(source: string): { at: string; folder: string } | undefined {
    const [ownerSlug = "", datasetSlug = "", number] = source.split("/");
    const dataset = this.datasets.get(`${ownerSlug}/${datasetSlug}`);
    const ready = (dataset?.versions ?? []).map((each) => (this.status(each) === "READY" ? each : undefined));
    const version = number ? ready[Number(number) - 1] : ready.findLast((each) => each !== undefined);
    // The clients' documentation still says `<slug>` alone; notebooks of 2026 list this.
    return version && { at: join("datasets", ownerSlug, datasetSlug), folder: version.folder };
  }

  private async addVersion(key: string, title: string, notes: string, files: { token: string }[], { user }: Call) {
    if (key.split("/")[0] !== user) throw new ApiError(403, "Permission 'datasets.create' was denied");
    if (files.length === 0) return failed("At least one file is needed");
    const dataset = this.datasets.get(key) ?? { title, versions: [] };
    const folder = join(this.folder, key, String(dataset.versions.length + 1));
    await mkdir(folder, { recursive: true });
    for (const blob of await this.blobs.take(files.map(({ token }) => token))) {
      await unpackUpload(blob.path, join(folder, basename(blob.name)));
    }
    const { datasetSeconds, datasetFails } = this.faults.current;
    dataset.versions.push({ folder, notes, readyAt: Date.now() + datasetSeconds * 1000, failed: datasetFails });
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

  private version(ref: z.infer<typeof named>, number: number | undefined): Version {
    const { versions } = this.find(ref);
    const version = versions.at(number === undefined ? -1 : number - 1);
    if (!version) throw new ApiError(404, "Not found");
    return version;
  }

  private status({ readyAt, failed }: Version): string {
    if (Date.now() < readyAt) return "BLOBS_RECEIVED";
    return failed ? "FAILED" : "READY";
  }
}

const failed = (error: string) => ({ status: "error", error, ref: "", url: "", invalidTags: [] });
