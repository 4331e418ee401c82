import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Datasets } from "./datasets.ts";
import type { Faults } from "./faults.ts";
import { listFolder } from "./folder.ts";
import { ApiError, type Call, type Method, method, pageOf } from "./http.ts";
import { Session } from "./session.ts";

interface Kernel {
  id: number;
  title: string;
  source: string;
  versions: number;
  session: Session;
  /** Part of the addresses of its files, which need no credentials. */
  secret: string;
}

const named = z.object({ userName: z.string(), kernelSlug: z.string() });
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
const quota = "Maximum weekly GPU quota of 30.00 hours has been reached.";
const gpu = await readFile(new URL("gpu.py", import.meta.url), "utf8");

/** Kernels and their newest runs. */
export class Kernels {
  readonly methods: Record<string, Method>;
  private readonly folder: string;
  private readonly pythonBin: string;
  private readonly onOutput: ((text: string) => void) | undefined;
  private readonly datasets: Datasets;
  private readonly faults: Faults;
  private readonly kernels = new Map<string, Kernel>();

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
    const list = named.extend({ pageSize: z.int().optional(), pageToken: z.string().optional() });
    this.methods = {
      [`${service}/SaveKernel`]: method(save, (body, call) => this.save(body, call)),
      [`${service}/GetKernelSessionStatus`]: method(named, (ref) => {
        const { status, failureMessage } = this.find(ref).session;
        const said = this.faults.current.kernelStatus ?? status;
        return { ...(said && { status: said }), failureMessage };
      }),
      [`${service}/GetKernel`]: method(named, (ref) => {
        const { id, title, source, versions } = this.find(ref);
        const slug = `${ref.userName}/${ref.kernelSlug}`;
        const metadata = { id, ref: slug, title, slug: ref.kernelSlug, currentVersionNumber: versions };
        return { metadata, blob: { source, language: "python", kernelType: "notebook", slug: ref.kernelSlug } };
      }),
      [`${service}/ListKernelSessionOutput`]: method(list, async ({ pageSize, pageToken, ...ref }, { origin }) => {
        const { session, secret } = this.find(ref);
        const missing = this.faults.current.missingOutputs;
        const files = session.over ? await listFolder(session.working).catch(() => []) : [];
        const there = files.filter(({ name }) => !missing.includes(name));
        const { page, nextPageToken } = pageOf(there, pageSize, pageToken);
        const url = (name: string) => `${origin}/output/${secret}/${name.split("/").map(encodeURIComponent).join("/")}`;
        const listed = page.map(({ name }) => ({ url: url(name), fileName: name }));
        return { files: listed, log: JSON.stringify(session.log), nextPageToken };
      }),
    };
  }

  /** Sends a file that a kernel left. */
  async output(secret: string, name: string, { response }: Call): Promise<void> {
    const kernel = [...this.kernels.values()].find((each) => each.secret === secret);
    const working = kernel?.session.working ?? "";
    const file = kernel && (await listFolder(working)).find((each) => each.name === name);
    if (!file) throw new ApiError(404, "Not found");
    const content = await readFile(join(working, file.name));
    if (this.faults.current.damagedOutputs.includes(name)) content[content.length - 1] = ~(content.at(-1) ?? 0) & 255;
    response.writeHead(200, { "content-length": content.length, "last-modified": file.modified.toUTCString() });
    response.end(content);
  }

  /** A log as it grows, or whole when the run is over. */
  async streamLog(userName: string, kernelSlug: string, { response }: Call): Promise<void> {
    const { session } = this.find({ userName, kernelSlug });
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

  async stop(): Promise<void> {
    await Promise.all([...this.kernels.values()].map(({ session }) => session.cancel()));
  }

  private async save(body: z.infer<typeof save>, { user }: Call): Promise<unknown> {
    const { slug, newTitle, text, datasetDataSources, enableGpu, sessionTimeoutSeconds } = body;
    const { kernel: fault, queueSeconds, simulatedGpu } = this.faults.current;
    if (!slug.startsWith(`${user}/`)) throw new ApiError(403, "Permission 'kernels.create' was denied");
    if (fault === "quota") return { error: quota };
    const found = datasetDataSources.map((source) => this.datasets.mounted(source));
    const before = this.kernels.get(slug);
    // A newer version takes the place of the one that runs.
    await before?.session.cancel();
    const versions = (before?.versions ?? 0) + 1;
    const session = new Session({
      folder: join(this.folder, slug, String(versions)),
      pythonBin: this.pythonBin,
      notebook: precede(text, [
        ...(enableGpu && simulatedGpu ? [gpu] : []),
        ...(fault === "error" ? ['raise RuntimeError("Fault on demand: the notebook fails")'] : []),
      ]),
      inputs: found.filter((input) => input !== undefined),
      queueSeconds,
      timeoutSeconds: sessionTimeoutSeconds,
      cancelled: fault === "cancel",
      onOutput: this.onOutput,
    });
    const id = before?.id ?? this.kernels.size + 1;
    this.kernels.set(slug, { id, title: newTitle, source: text, versions, session, secret: randomUUID() });
    return {
      ref: `/${slug}`,
      url: `https://www.kaggle.com/code/${slug}`,
      versionNumber: versions,
      error: "",
      invalidDatasetSources: datasetDataSources.filter((_, index) => !found[index]),
      kernelId: id,
    };
  }

  private find({ userName, kernelSlug }: z.infer<typeof named>): Kernel {
    const kernel = this.kernels.get(`${userName}/${kernelSlug}`);
    // For a kernel that does not exist, as for one of somebody else.
    if (!kernel) throw new ApiError(403, "Permission 'kernels.get' was denied");
    return kernel;
  }
}

/** The notebook with cells of these sources before its own. */
function precede(text: string, sources: readonly string[]): string {
  const notebook = JSON.parse(text) as { cells: unknown[] };
  const cells = sources.map((source, i) => ({
    ...{ cell_type: "code", id: `before-${i}`, metadata: {}, outputs: [], execution_count: null },
    source,
  }));
  return JSON.stringify({ ...notebook, cells: [...cells, ...notebook.cells] });
}
