import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { MemoryGroup } from "./memory-group.ts";
import { requireContainers } from "./requirements.ts";

export interface ContainerOptions {
  /** The folder that becomes the root. */
  root: string;
  /** All variables that the command sees. */
  env: Record<string, string>;
  command: string[];
  workingFolder?: string;
  uid: number;
  gid: number;
  memoryMegabytes: number;
  /** Size of a file system in memory at /tmp; without it /tmp is a folder of the root. */
  tmpMegabytes?: number;
  /** May the root be written to (default: no)? */
  writable?: boolean;
  /** Folders of the root that can be written to all the same. */
  volumes?: string[];
  /** Paths of this machine that appear read-only in the container, by their path there. */
  mounts?: Record<string, string>;
}

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Megabytes in use at once; what is in /tmp counts too. */
  peakMegabytes: number;
  /** Did it need more memory than it may have? */
  outOfMemory: boolean;
}

/** A command in a root, a memory limit and a process namespace of its own, on this machine's network. */
export class Container {
  readonly ended: Promise<Ending>;
  private readonly child: ChildProcess;

  constructor(options: ContainerOptions) {
    requireContainers();
    for (const path of Object.keys(options.mounts ?? {})) mkdirSync(join(options.root, path), { recursive: true });
    const group = new MemoryGroup(options.memoryMegabytes);
    const {
      root,
      env,
      command,
      workingFolder = "/",
      uid,
      gid,
      tmpMegabytes = 0,
      writable = false,
      volumes = [],
      mounts = {},
    } = options;
    const settings = [root, writable ? "rw" : "ro", uid, gid, tmpMegabytes * 1024 * 1024, workingFolder];
    const shared = Object.entries(mounts).map(([to, from]) => `${from}:${to}`);
    const namespaces = ["--mount", "--propagation", "private", "--pid", "--fork"];
    const enter = ["/bin/sh", join(import.meta.dirname, "enter.sh"), group.members, ...settings.map(String)];
    const args = [...namespaces, ...enter, shared.join("\n"), volumes.join("\n"), ...command];
    this.child = spawn("/usr/bin/unshare", args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const output = Promise.all(
      [this.child.stdout, this.child.stderr].map((stream) => text(stream as NodeJS.ReadableStream)),
    );
    const endWithUs = () => this.signal("SIGKILL");
    process.once("exit", endWithUs);
    this.ended = once(this.child, "exit").then(async ([code, signal]) => {
      process.off("exit", endWithUs);
      const [stdout = "", stderr = ""] = await output;
      const ending = { code, signal, stdout, stderr, peakMegabytes: group.peak, outOfMemory: group.kills > 0 };
      group.remove();
      return ending;
    });
  }

  /** Sends the command a signal, as `docker stop` and Fargate do. What it started ends with it. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    const [command] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number);
    if (command) process.kill(command, signal);
  }

  /** Ends it at once, if it has not ended. */
  async kill(): Promise<Ending> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.signal("SIGKILL");
    return this.ended;
  }
}
