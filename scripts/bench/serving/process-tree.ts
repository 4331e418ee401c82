import { readdir, readFile } from "node:fs/promises";

/** What a process and all that it started have used. */
export interface Usage {
  /** Resident memory in MB. What several of them map of one file, such as a program's code, counts once. */
  megabytes: number;
  /** Seconds of all cores together. */
  cpuSeconds: number;
}

/** Length of the ticks in which the kernel counts processor time, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** @returns undefined where there is no `/proc`, which is everywhere but on Linux */
export async function readUsage(pid: number): Promise<Usage | undefined> {
  if (process.platform !== "linux") return undefined;
  const files = new Map<string, number>();
  let kilobytes = 0;
  let ticks = 0;
  for (const one of await processTree(pid)) {
    const { anonymous, mapped } = parseMaps(await readProc(one, "smaps"));
    kilobytes += anonymous;
    for (const [file, size] of mapped) files.set(file, Math.max(size, files.get(file) ?? 0));
    // utime and stime, counted from behind the name, which may hold anything.
    const [user, system] = (await readProc(one, "stat")).split(") ").at(-1)?.split(" ").slice(11, 13) ?? [];
    ticks += Number(user ?? 0) + Number(system ?? 0);
  }
  for (const size of files.values()) kilobytes += size;
  return { megabytes: (kilobytes * 1024) / 1e6, cpuSeconds: ticks / ticksPerSecond };
}

async function processTree(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => readProc(pid, `task/${thread}/children`)));
  const children = lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
  return [pid, ...(await Promise.all(children.map(processTree))).flat()];
}

/** Kilobytes that are a process's own, and those that it has of each file, from `/proc/<pid>/smaps`. */
export function parseMaps(smaps: string): { anonymous: number; mapped: Map<string, number> } {
  const mapped = new Map<string, number>();
  let [anonymous, file, resident] = [0, "", 0];
  for (const line of smaps.split("\n")) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (mapping) file = mapping[1] ?? "";
    const [, field, size] = /^(Rss|Anonymous):\s+(\d+) kB/.exec(line) ?? [];
    if (field === "Rss") resident = Number(size);
    if (field !== "Anonymous") continue;
    anonymous += Number(size);
    mapped.set(file, (mapped.get(file) ?? 0) + resident - Number(size));
  }
  return { anonymous, mapped };
}

/** A process that has ended in between has nothing to say. */
function readProc(pid: number, name: string): Promise<string> {
  return readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
}
