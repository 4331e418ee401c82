import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Datasets } from "./datasets.ts";
import type { Faults } from "./faults.ts";
import { ApiError, type Call, type Method, method, pageOf } from "./http.ts";
import { forbidImports, precede } from "./precede.ts";
import { Session } from "./session.ts";

interface KernelVersion {
  source: string;
  session: Session;
  gpu: boolean;
  savedAt: number;
  /** Part of the addresses of its files, which need no credentials. */
  secret: string;
}

/** Without versions it is a shell, which a rejected push has left. */
interface Kernel {
  id: number;
  title: string;
  versions: KernelVersion[];
}

const named = z.object({ userName: z.string(), kernelSlug: z.string() });
const versioned = named.extend({ versionLabel: z.string().optional() });
const save = z.object({
  slug: z.string().regex(/^[\w-]+\/[\w-]{5,}$/),
  newTitle: z.string().min(5),
  text: z.string().min(1),
  language: z.enum(["python", "r", "rmarkdown"]),
  kernelType: z.enum(["script", "notebook"]),
  datasetDataSources: z.array(z.string()).default([]),
  enableGpu: z.boolean().default(false),
  sessionTimeoutSeconds: z
    .int()
    .min(1)
    .default(12 * 3600),
});
const gpu = await readFile(new URL("gpu.py", import.meta.url), "utf8");
/** Seconds of GPU that an account has in a week. */
const weeklyQuota = 30 * 3600;

/** Kernels and the runs of their versions. */
export class Kernels {
  readonly methods: Record<string, Method>;
  private readonly folder: string;
  private readonly pythonBin: string;
  private readonly onOutput: ((text: string) => void) | undefined;
  private readonly datasets: Datasets;
  private readonly faults: Faults;
  private readonly kernels = new Map<string, Kernel>();
  private made = 0;

  constructor(
    folder: string,
    datasets: Datasets,
    faults: Faults,
    { pythonBin, onOutput }: { pythonBin: string; onOutput?: (text: string) => void },
  ) {
    this.folder = folder;
    this.pythonBin = pythonBin;
    this.onOutput = onOutput;
    this.datasets = datasets;
    this.faults = faults;
    const service = "kernels.KernelsApiService";
    const list = versioned.extend({ pageSize: z.int().optional(), pageToken: z.string().optional() });
    this.methods = {
      [`${service}/SaveKernel`]: method(save, (body, call) => this.save(body, call)),
      [`${service}/DeleteKernel`]: method(named, (ref, call) => this.delete(ref, call)),
      [`${service}/GetKernelSessionStatus`]: method(versioned, (ref) => {
        const { status, failureMessage } = this.version(ref, this.faults.current.shellStatus).session;
        const said = this.faults.current.kernelStatus ?? status;
        return { ...(said && { status: said }), failureMessage };
      }),
      [`${service}/GetKernel`]: method(named, (ref) => {
        const { id, title, versions } = this.find(ref);
        const newest = versions.at(-1);
        if (!newest) throw new ApiError(500, "Internal error");
        const slug = `${ref.userName}/${ref.kernelSlug}`;
        const metadata = { id, ref: slug, title, slug: ref.kernelSlug, currentVersionNumber: versions.length };
        const blob = { source: newest.source, language: "python", kernelType: "notebook", slug: ref.kernelSlug };
        return { metadata, blob };
      }),
      [`${service}/ListKernelSessionOutput`]: method(list, async ({ pageSize, pageToken, ...ref }, { origin }) => {
        const { session, secret } = this.version(ref);
        const missing = this.faults.current.missingOutputs;
        const there = (await session.files()).filter(({ name }) => !missing.includes(name));
        const { page, nextPageToken } = pageOf(there, pageSize, pageToken);
        const url = (name: string) => `${origin}/output/${secret}/${name.split("/").map(encodeURIComponent).join("/")}`;
        const listed = page.map(({ name }) => ({ url: url(name), fileName: name }));
        return { files: listed, log: JSON.stringify(session.log), nextPageToken };
      }),
      [`${service}/GetAcceleratorQuotaStatistics`]: method(z.object({}), () => {
        const timeUsed = `${this.faults.current.kernel === "quota" ? weeklyQuota : 0}s`;
        const gpuQuota = { timeUsed, timeReserved: "0s", totalTimeAllowed: `${weeklyQuota}s` };
        return { quotaRefreshTime: new Date(Date.now() + 3 * 24 * 3600_000).toISOString(), gpuQuota };
      }),
    };
  }

  /** Sends a file that a kernel left. */
  async output(secret: string, name: string, { response }: Call): Promise<void> {
    const session = this.versions().find((each) => each.secret === secret)?.session;
    const file = (await session?.files())?.find((each) => each.name === name);
    if (!session || !file) throw new ApiError(404, "Not found");
    const content = await readFile(join(session.working, file.name));
    if (this.faults.current.damagedOutputs.includes(name)) content[content.length - 1] = ~(content.at(-1) ?? 0) & 255;
    response.writeHead(200, { "content-length": content.length, "last-modified": file.modified.toUTCString() });
    response.end(content);
  }

  /** A log as it grows, or whole when the run is over. */
  async streamLog(userName: string, kernelSlug: string, { response }: Call): Promise<void> {
    const { session } = this.version({ userName, kernelSlug });
    if (session.over) {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(session.log));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    let sent = 0;
    const closed = once(response, "close").then(() => true);
    for (let over = false; !over && response.writable; ) {
      over = session.over;
      for (const entry of session.log.slice(sent)) response.write(`data: ${JSON.stringify(entry)}\n\n`);
      sent = session.log.length;
      if (!over) await Promise.race([session.ended, sleep(200), closed]);
    }
    response.end("data: END_OF_LOG\n\n");
  }

  /** Ends what runs, and forgets all kernels. */
  async clear(): Promise<void> {
    const versions = this.versions();
    this.kernels.clear();
    await Promise.all(versions.map(({ session }) => session.cancel()));
  }

  private async save(body: z.infer<typeof save>, { user }: Call): Promise<unknown> {
    const { slug, newTitle, text, datasetDataSources, enableGpu, sessionTimeoutSeconds } = body;
    const { kernel: fault, simulatedGpu, versionedSources, lackingModules, ...faults } = this.faults.current;
    if (!slug.startsWith(`${user}/`)) throw new ApiError(403, "Permission 'kernels.create' was denied");
    const before = this.kernels.get(slug);
    if (before?.versions.length === 0) return rejected("Notebook not found");
    const kernel = before ?? { id: ++this.made, title: newTitle, versions: [] };
    this.kernels.set(slug, kernel);
    if (fault === "quota") return rejected("Maximum weekly GPU quota of 30.00 hours reached.");
    const { gpuSessions } = this.faults.current;
    const running = this.versions().filter((version) => version.gpu && !version.session.over).length;
    if (enableGpu && running >= gpuSessions) {
      return rejected(`Maximum batch GPU session count of ${gpuSessions} reached.`);
    }
    const found = datasetDataSources.map((source) =>
      versionedSources || source.split("/").length === 2 ? this.datasets.mounted(source) : undefined,
    );
    // What an older version runs goes on (github.com/Kaggle/kaggle-cli/issues/388).
    const session = new Session({
      folder: join(this.folder, slug, randomUUID()),
      pythonBin: this.pythonBin,
      notebook: precede(text, [
        ...(enableGpu && simulatedGpu ? [gpu] : []),
        ...(lackingModules.length > 0 ? [forbidImports(lackingModules)] : []),
        ...(fault === "error" ? ['raise RuntimeError("Fault on demand: the notebook fails")'] : []),
      ]),
      inputs: found.filter((input) => input !== undefined),
      queueSeconds: faults.queueSeconds,
      mountSeconds: faults.mountSeconds,
      internet: faults.internet,
      damagedInputs: faults.damagedInputs,
      timeoutSeconds: sessionTimeoutSeconds,
      cancelled: fault === "cancel",
      onOutput: this.onOutput,
    });
    kernel.versions.push({ source: text, session, gpu: enableGpu, savedAt: Date.now(), secret: randomUUID() });
    return {
      ref: `/${slug}`,
      url: `https://www.kaggle.com/code/${slug}`,
      versionNumber: kernel.versions.length,
      error: "",
      invalidDatasetSources: datasetDataSources.filter((_, index) => !found[index]),
      kernelId: kernel.id,
    };
  }

  private async delete(ref: z.infer<typeof named>, { user }: Call): Promise<unknown> {
    const { versions } = this.find(ref);
    if (ref.userName !== user) throw new ApiError(403, "Permission 'kernels.delete' was denied");
    this.kernels.delete(`${ref.userName}/${ref.kernelSlug}`);
    await Promise.all(versions.map(({ session }) => session.cancel()));
    return {};
  }

  private versions(): KernelVersion[] {
    return [...this.kernels.values()].flatMap((kernel) => kernel.versions);
  }

  private find({ userName, kernelSlug }: z.infer<typeof named>): Kernel {
    const kernel = this.kernels.get(`${userName}/${kernelSlug}`);
    // For a kernel that does not exist, as for another user's.
    if (!kernel) throw new ApiError(403, "Permission 'kernels.get' was denied");
    return kernel;
  }

  /** A version as it is seen now. `v2` names one; a bare number names none (github.com/Kaggle/kaggle-cli/pull/1201). */
  private version(ref: z.infer<typeof versioned>, shellStatus = 404): KernelVersion {
    const { versions } = this.find(ref);
    const { absentSeconds, staleSeconds } = this.faults.current;
    const age = ({ savedAt }: KernelVersion) => (Date.now() - savedAt) / 1000;
    const label = /^v(\d+)$/.exec(ref.versionLabel ?? "")?.[1];
    const stale = versions.findLast((each, index) => index === 0 || age(each) >= staleSeconds);
    const version = ref.versionLabel ? versions[Number(label) - 1] : stale;
    if (!version || age(version) < absentSeconds) throw new ApiError(version ? 404 : shellStatus, "Not found");
    return version;
  }
}

/** A rejection, which comes under HTTP 200. */
const rejected = (error: string) => ({ ref: "", url: "", versionNumber: 0, error, invalidDatasetSources: [] });
