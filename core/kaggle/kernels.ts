import { Readable } from "node:stream";
import { z } from "zod";
import { parseJson } from "../json.ts";
import { optionalField, optionalText } from "./answer.ts";
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

/** A kernel, and which of its versions; without one, the newest that Kaggle shows, which may still be the one before. */
export type KernelRef = KaggleRef & { version?: number | undefined };

/** What became of a push. `lacking`: datasets that it does not find; the kernel runs without them all the same. */
export interface SavedKernel {
  /** Address for people. */
  url: string;
  version: number;
  lacking: readonly string[];
}

/** One piece of what a kernel printed. `time` in seconds from its start. */
export type LogEntry = z.infer<typeof logEntry>;
/** A file that a kernel left, at an address that is good for some minutes. */
export type OutputFile = z.infer<typeof listed>["files"][number];

const service = "kernels.KernelsApiService";
const saved = z.object({
  error: optionalText,
  versionNumber: z.int().nullish(),
  url: optionalText,
  invalidDatasetSources: optionalField(z.array(z.string()), []),
});
const session = z.object({ status: z.unknown().optional(), failureMessage: optionalText });
const listed = z.object({
  files: optionalField(z.array(z.object({ url: optionalText, fileName: optionalText })), []),
  log: optionalText,
  nextPageToken: optionalText,
});
const logEntry = z.object({ stream_name: z.string().default("stdout"), time: z.number().default(0), data: z.string() });

const named = ({ owner, slug }: KaggleRef) => ({ userName: owner, kernelSlug: slug });
/** `v2`; Kaggle answers 404 to a bare number (github.com/Kaggle/kaggle-cli/pull/1201). */
const versioned = ({ version, ...ref }: KernelRef) => ({
  ...named(ref),
  ...(version && { versionLabel: `v${version}` }),
});

/** Kernels (notebooks that run) on Kaggle. */
export class KaggleKernels {
  private readonly http: KaggleHttp;

  constructor(http: KaggleHttp) {
    this.http = http;
  }

  /**
   * Saves a notebook and has it run.
   * @throws InvalidInputError for what Kaggle would reject; KaggleError; TransientError after which it may run all the same
   */
  async push(kernel: NewKernel): Promise<SavedKernel> {
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
    const { error, url, versionNumber, invalidDatasetSources } = await this.http.callOnce(method, body, saved);
    // A failure comes under HTTP 200.
    if (error) throw new KaggleError(method, 200, error);
    if (!versionNumber) throw new KaggleError(method, 200, "it did not say which version it saved");
    return { url, version: versionNumber, lacking: invalidDatasetSources };
  }

  /** Deletes a kernel with all its versions, and ends what runs of it. There may be none. */
  async delete(ref: KaggleRef): Promise<void> {
    try {
      await this.http.call(`${service}/DeleteKernel`, named(ref), z.unknown());
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  /** How a kernel's run stands, or undefined where Kaggle shows none. */
  async status(ref: KernelRef): Promise<KernelState | undefined> {
    try {
      const answer = await this.http.call(`${service}/GetKernelSessionStatus`, versioned(ref), session);
      const said = String(answer.status ?? "none");
      return { status: parseKernelStatus(answer.status), said, failureMessage: answer.failureMessage };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** Is there such a kernel, whatever became of its run? */
  async exists(ref: KaggleRef): Promise<boolean> {
    try {
      await this.http.call(`${service}/GetKernel`, named(ref), z.unknown());
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** All files that the run left, and what it printed. */
  async outputs(ref: KernelRef): Promise<{ files: OutputFile[]; log: LogEntry[] }> {
    const method = `${service}/ListKernelSessionOutput`;
    const files: OutputFile[] = [];
    let log = "";
    let pageToken = "";
    do {
      const page = await this.http.call(
        method,
        { ...versioned(ref), pageSize: 100, ...(pageToken && { pageToken }) },
        listed,
      );
      if (pageToken && page.nextPageToken === pageToken) throw new KaggleError(method, 200, "its pages do not end");
      files.push(...page.files.filter(({ url, fileName }) => url && fileName));
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
  return z.array(logEntry).safeParse(parseJson(text)).data ?? [{ stream_name: "stdout", time: 0, data: text }];
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
