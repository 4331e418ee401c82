import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { listFolder } from "./folder.ts";

export interface LogEntry {
  stream_name: "stdout" | "stderr";
  time: number;
  data: string;
}

export interface SessionOptions {
  folder: string;
  /** Folder of the programs of the Python environment. */
  pythonBin: string;
  /** The notebook's JSON. */
  notebook: string;
  /** Folders of datasets, and where below the input folder the notebook finds them. */
  inputs: readonly { at: string; folder: string }[];
  queueSeconds: number;
  /** Seconds from the notebook's start until its inputs are there. */
  mountSeconds: number;
  /** Whether the notebook reaches anything but this machine. */
  internet: boolean;
  /** Names of inputs of which the last byte is changed. */
  damagedInputs: readonly string[];
  timeoutSeconds: number;
  /** The session is cancelled as soon as it runs. */
  cancelled: boolean;
  onOutput?: ((text: string) => void) | undefined;
}

type Status = "QUEUED" | "RUNNING" | "COMPLETE" | "ERROR" | "CANCEL_REQUESTED" | "CANCEL_ACKNOWLEDGED";

/** One run of a notebook: papermill in a process of its own, as Kaggle runs it in a container of its own. */
export class Session {
  status: Status = "QUEUED";
  failureMessage = "";
  readonly log: LogEntry[] = [];
  /** Resolves when the session is over. */
  readonly ended: Promise<void>;
  /** What the notebook leaves. */
  readonly working: string;
  private readonly options: SessionOptions;
  private readonly stopping = new AbortController();
  private child: ChildProcess | undefined;

  constructor(options: SessionOptions) {
    this.options = options;
    this.working = join(options.folder, "working");
    this.ended = this.run().catch((error: unknown) => {
      this.status = this.stopping.signal.aborted ? "CANCEL_ACKNOWLEDGED" : "ERROR";
      this.failureMessage ||= error instanceof Error ? error.message : String(error);
    });
  }

  get over(): boolean {
    return ["COMPLETE", "ERROR", "CANCEL_ACKNOWLEDGED"].includes(this.status);
  }

  /** What the notebook has left, once it is over; nothing of a cancelled one. */
  async files(): Promise<Awaited<ReturnType<typeof listFolder>>> {
    if (!this.over || this.status === "CANCEL_ACKNOWLEDGED") return [];
    return listFolder(this.working).catch(() => []);
  }

  /** Ends the session as a person on Kaggle's page does. */
  async cancel(): Promise<void> {
    if (this.over) return;
    this.status = "CANCEL_REQUESTED";
    this.stopping.abort();
    this.kill();
    await this.ended;
  }

  private async run(): Promise<void> {
    const { folder, notebook, queueSeconds, mountSeconds, timeoutSeconds, cancelled } = this.options;
    await sleep(queueSeconds * 1000, undefined, { signal: this.stopping.signal });
    await mkdir(this.working, { recursive: true });
    await mkdir(join(folder, "input"), { recursive: true });
    if (mountSeconds === 0) await this.mountAll();
    await writeFile(join(folder, "in.ipynb"), notebook);
    this.stopping.signal.throwIfAborted();
    this.status = "RUNNING";
    const child = this.start();
    const mounting = mountSeconds > 0 ? sleep(mountSeconds * 1000).then(() => this.mountAll()) : undefined;
    if (cancelled) void this.cancel();
    // At its time limit a session ends as if it had been cancelled: no message, no files.
    const late = setTimeout(() => void this.cancel(), timeoutSeconds * 1000);
    const [code] = (await once(child, "close")) as [number | null];
    clearTimeout(late);
    await mounting;
    if (this.stopping.signal.aborted) this.status = "CANCEL_ACKNOWLEDGED";
    else this.status = code === 0 ? "COMPLETE" : "ERROR";
  }

  private async mountAll(): Promise<void> {
    const { folder, inputs, damagedInputs } = this.options;
    for (const input of inputs) await mount(input.folder, join(folder, "input", input.at), damagedInputs);
  }

  private start(): ChildProcess {
    const { folder, pythonBin, internet } = this.options;
    const nowhere = "http://127.0.0.1:9";
    const streams = ["--stdout-file", "-", "--stderr-file", "-", "--no-progress-bar"];
    const child = spawn(
      join(pythonBin, "papermill"),
      ["in.ipynb", "out.ipynb", "--cwd", "working", "--kernel", "python3", ...streams],
      {
        cwd: folder,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        // What Kaggle gives a notebook, and nothing of this process.
        env: {
          PATH: [pythonBin, process.env.PATH].join(delimiter),
          HOME: process.env.HOME,
          LANG: "C.UTF-8",
          IPYTHONDIR: join(folder, "ipython"),
          JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
          KAGGLE_KERNEL_RUN_TYPE: "Batch",
          // Nothing is installed into the environment, which others use too.
          PIP_NO_INDEX: "1",
          KAGGLE_INPUT: join(folder, "input"),
          ...(!internet && { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, KERAS_HOME: join(folder, "keras") }),
          TF_CPP_MIN_LOG_LEVEL: "2",
          PYTHONWARNINGS: "ignore",
        },
      },
    );
    this.child = child;
    const started = performance.now();
    for (const [name, stream] of [["stdout", child.stdout] as const, ["stderr", child.stderr] as const]) {
      stream?.setEncoding("utf8").on("data", (data: string) => {
        this.options.onOutput?.(data);
        this.log.push({ stream_name: name, time: (performance.now() - started) / 1000, data });
      });
    }
    const endWithUs = () => this.kill();
    process.once("exit", endWithUs);
    child.once("close", () => process.off("exit", endWithUs));
    return child;
  }

  private kill(): void {
    const pid = this.child?.pid;
    if (!pid || this.child?.exitCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Hard links cost nothing, and notebooks walk through them, which they do not through links to folders. */
async function mount(from: string, to: string, damaged: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const { name } of await listFolder(from)) {
    await mkdir(dirname(join(to, name)), { recursive: true });
    if (!damaged.includes(name)) await link(join(from, name), join(to, name));
    else {
      const content = await readFile(join(from, name));
      content[content.length - 1] = ~(content.at(-1) ?? 0) & 255;
      await writeFile(join(to, name), content);
    }
  }
}
