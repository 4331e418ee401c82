import { Readable } from "node:stream";
import { z } from "zod";
import { checkKernel, type KaggleRef } from "./checks.ts";
import { isAbsent, KaggleError } from "./errors.ts";
import type { KaggleHttp } from "./http.ts";
import { prepareNotebook } from "./notebook.ts";
import { type KernelStatus, parseKernelStatus } from "./status.ts";

/** A notebook to run. It is private. */
export interface NewKernel extends KaggleRef {
  /** Must make the slug. */
  title: string;
  /** The notebook's JSON. */
  notebook: string;
  /** What it reads: `owner/slug` or `owner/slug/version`. */
  datasets: readonly string[];
  gpu: boolean;
  /** Which GPU, as Kaggle names them, such as `NvidiaTeslaT4`. */
  machineShape?: string | undefined;
  internet: boolean;
  /** Seconds after which Kaggle ends it. */
  timeout?: number | undefined;
}

export interface KernelState {
  status: KernelStatus;
  /** What Kaggle called it. */
  said: string;
  failureMessage: string;
}

/** One piece of what a kernel printed. `time` in seconds from its start. */
export type LogEntry = z.infer<typeof logEntry>;
/** A file that a kernel left, at an address that is good for some minutes. */
export type OutputFile = z.infer<typeof listed>["files"][number];

const service = "kernels.KernelsApiService";
const strings = z.array(z.string()).default([]);
const saved = z.object({
  error: z.string().default(""),
  versionNumber: z.int().optional(),
  url: z.string().default(""),
  invalidDatasetSources: strings,
});
const session = z.object({ status: z.unknown().optional(), failureMessage: z.string().default("") });
const source = z.object({ blob: z.object({ source: z.string().default("") }) });
const listed = z.object({
  files: z.array(z.object({ url: z.url(), fileName: z.string().min(1) })).default([]),
  log: z.string().default(""),
  nextPageToken: z.string().default(""),
});
const logEntry = z.object({ stream_name: z.string().default("stdout"), time: z.number().default(0), data: z.string() });

const named = ({ owner, slug }: KaggleRef) => ({ userName: owner, kernelSlug: slug });

/** Kernels (notebooks that run) on Kaggle. */
export class KaggleKernels {
  private readonly http: KaggleHttp;

  constructor(http: KaggleHttp) {
    this.http = http;
  }

  /**
   * Saves a notebook and has it run.
   * @returns its address for people
   * @throws InvalidInputError for what Kaggle would refuse; KaggleError; TransientError after which it may run all the same
   */
  async push(kernel: NewKernel): Promise<string> {
    checkKernel(kernel);
    const method = `${service}/SaveKernel`;
    const body = {
      slug: `${kernel.owner}/${kernel.slug}`,
      newTitle: kernel.title,
      text: prepareNotebook(kernel.notebook),
      language: "python",
      kernelType: "notebook",
      datasetDataSources: kernel.datasets,
      isPrivate: true,
      enableGpu: kernel.gpu,
      enableTpu: false,
      enableInternet: kernel.internet,
      kernelExecutionType: "SAVE_AND_RUN_ALL",
      ...(kernel.gpu && kernel.machineShape && { machineShape: kernel.machineShape }),
      ...(kernel.timeout && { sessionTimeoutSeconds: kernel.timeout }),
    };
    // A failure comes under HTTP 200; so does a data set that the kernel would have to do without.
    const answer = await this.http.callOnce(method, body, saved);
    const lacking = answer.invalidDatasetSources;
    const problem = answer.error || (lacking.length > 0 ? `it does not find the data set ${lacking.join(", ")}` : "");
    if (problem) throw new KaggleError(method, 200, problem);
    if (answer.versionNumber === undefined) throw new KaggleError(method, 200, "it did not say which version it saved");
    return answer.url;
  }

  /** How the newest run of a kernel stands, or undefined where there is no such kernel. */
  async status(ref: KaggleRef): Promise<KernelState | undefined> {
    try {
      const answer = await this.http.call(`${service}/GetKernelSessionStatus`, named(ref), session);
      const said = typeof answer.status === "string" ? answer.status : "none";
      return { status: parseKernelStatus(answer.status), said, failureMessage: answer.failureMessage };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** The notebook of the newest version as Kaggle keeps it. */
  async source(ref: KaggleRef): Promise<string> {
    return (await this.http.call(`${service}/GetKernel`, named(ref), source)).blob.source;
  }

  /** All files that the newest run left, and what it printed. */
  async outputs(ref: KaggleRef): Promise<{ files: OutputFile[]; log: LogEntry[] }> {
    const method = `${service}/ListKernelSessionOutput`;
    const files: OutputFile[] = [];
    let log = "";
    let pageToken = "";
    do {
      const page = await this.http.call(
        method,
        { ...named(ref), pageSize: 100, ...(pageToken && { pageToken }) },
        listed,
      );
      if (pageToken && page.nextPageToken === pageToken) throw new KaggleError(method, 200, "its pages do not end");
      files.push(...page.files);
      log ||= page.log;
      pageToken = page.nextPageToken;
    } while (pageToken);
    return { files, log: parseLog(log) };
  }

  /** Opens a file of `outputs`. */
  async open({ url, fileName }: OutputFile): Promise<Readable> {
    const { body } = await this.http.open(url);
    if (!body) throw new KaggleError(`the download of ${fileName}`, 200, "it came without content");
    // Node's stream type and the web platform's differ in name only.
    return Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  }
}

/** Kaggle gives a log as the text of a JSON array; one that is no such thing is shown as it is. */
function parseLog(text: string): LogEntry[] {
  if (!text) return [];
  try {
    return z.array(logEntry).parse(JSON.parse(text));
  } catch {
    return [{ stream_name: "stdout", time: 0, data: text }];
  }
}

/** The last lines of a log, without the colours of a terminal. */
export function lastLines(log: readonly LogEntry[], count: number): string {
  const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
  const text = log.map(({ data }) => data).join("");
  const lines = text.replace(colours, "").split(/\r?\n/);
  return lines
    .filter((line) => line.trim())
    .slice(-count)
    .join("\n");
}
