import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { ObjectStore } from "../../core/storage.ts";
import type { CreateTrainingJob } from "./request.ts";

export interface ContainerOptions {
  /** Stands for `/opt/ml`. */
  root: string;
  /** Program that stands for the image's entry point, and its arguments. */
  command: readonly [string, ...string[]];
  /** Environment of the container besides the job's own: AWS's, as SageMaker gives it. */
  environment: Record<string, string>;
  openBucket(name: string): ObjectStore;
  onOutput(text: string): void;
}

/** The trainer of one job in the layout of `/opt/ml`, as a process of its own. */
export class Container {
  private readonly job: CreateTrainingJob;
  private readonly options: ContainerOptions;
  private child: ChildProcess | undefined;

  constructor(job: CreateTrainingJob, options: ContainerOptions) {
    this.job = job;
    this.options = options;
  }

  /** Lays out an empty machine, and copies the channels from S3, as input mode `File` has it. */
  async download(withData: boolean): Promise<void> {
    const { root, openBucket } = this.options;
    const { HyperParameters, ResourceConfig, InputDataConfig } = this.job;
    await rm(root, { recursive: true, force: true });
    for (const folder of ["input/config", "input/data", "model", "output/data", "checkpoints"]) {
      await mkdir(join(root, folder), { recursive: true });
    }
    const config = (name: string, value: unknown) => writeFile(join(root, "input/config", name), JSON.stringify(value));
    await config("hyperparameters.json", HyperParameters);
    await config("inputdataconfig.json", Object.fromEntries(InputDataConfig.map(({ ChannelName: n }) => [n, {}])));
    await config("resourceconfig.json", {
      current_host: "algo-1",
      hosts: ["algo-1"],
      network_interface_name: "eth0",
      current_instance_type: ResourceConfig.InstanceType,
    });
    for (const { ChannelName, DataSource } of InputDataConfig) {
      const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)\/(.*)$/.exec(DataSource.S3DataSource.S3Uri) ?? [];
      const store = openBucket(bucket);
      const folder = join(root, "input/data", ChannelName);
      await mkdir(folder, { recursive: true });
      for await (const { key } of withData ? store.list(prefix) : []) {
        const file = join(folder, key.slice(prefix.length));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, await store.read(key));
      }
    }
  }

  /** Runs the trainer to its end. @returns its exit code, 137 for one that was killed */
  async run(): Promise<number> {
    const { root, command, environment, onOutput } = this.options;
    const [program, ...args] = command;
    const child = spawn(program, [...args, "train"], {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      // What SageMaker gives a container, and nothing of this process.
      env: {
        PATH: [dirname(program), process.env.PATH].join(delimiter),
        HOME: root,
        LANG: "C.UTF-8",
        TF_CPP_MIN_LOG_LEVEL: "2",
        PYTHONWARNINGS: "ignore",
        SAGEMAKER_ROOT: root,
        TRAINING_JOB_NAME: this.job.TrainingJobName,
        ...environment,
        ...this.job.Environment,
      },
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", onOutput);
    const endWithUs = () => this.signal("SIGKILL");
    process.once("exit", endWithUs);
    const [code] = (await once(child, "exit")) as [number | null];
    // What the trainer started ends with its container.
    this.signal("SIGKILL");
    process.off("exit", endWithUs);
    return code ?? 137;
  }

  /** What the trainer wrote of its failure, as far as SageMaker shows it. */
  async failure(): Promise<string> {
    const text = await readFile(join(this.options.root, "output/failure"), "utf8").catch(() => "");
    return text.slice(0, 1024);
  }

  /** As `docker stop`: asks the trainer to end, and makes it after a while. */
  stop(graceSeconds: number): void {
    this.child?.kill("SIGTERM");
    const killer = setTimeout(() => this.signal("SIGKILL"), graceSeconds * 1000);
    this.child?.once("exit", () => clearTimeout(killer));
  }

  kill(): void {
    this.signal("SIGKILL");
  }

  private signal(signal: NodeJS.Signals): void {
    const pid = this.child?.pid;
    if (!pid) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
