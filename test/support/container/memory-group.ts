import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const version2 = "/sys/fs/cgroup/cgroup.controllers";
const version1 = "/sys/fs/cgroup/memory";

/** The files of a control group for memory, in either version: https://docs.kernel.org/admin-guide/cgroup-v2.html */
const files = () =>
  existsSync(version2)
    ? { parent: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak", kills: "memory.events" }
    : {
        parent: version1,
        limit: "memory.limit_in_bytes",
        peak: "memory.max_usage_in_bytes",
        kills: "memory.oom_control",
      };

/** A limit on the memory of the processes in it, as Lambda and Fargate have one. */
export class MemoryGroup {
  private readonly folder: string;

  /** @throws Error when this machine does not let one be made */
  constructor(megabytes: number) {
    const { parent, limit } = files();
    if (existsSync(version2)) writeFileSync(join(parent, "cgroup.subtree_control"), "+memory");
    this.folder = join(parent, `avocado-test-${randomUUID().slice(0, 8)}`);
    mkdirSync(this.folder);
    writeFileSync(join(this.folder, limit), String(megabytes * 1024 * 1024));
  }

  /** A process that writes 0 into it joins. */
  get members(): string {
    return join(this.folder, "cgroup.procs");
  }

  /** Megabytes that were in use at once, files in the cache of the kernel included. */
  get peak(): number {
    return Number(this.read(files().peak)) / 1024 / 1024;
  }

  /** How many processes the kernel has killed because the limit was reached. */
  get kills(): number {
    return Number(/^oom_kill (\d+)/m.exec(this.read(files().kills))?.[1]);
  }

  /** Call it when its processes have ended. */
  remove(): void {
    rmdirSync(this.folder);
  }

  private read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }
}
