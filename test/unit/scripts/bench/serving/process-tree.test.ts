import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { parseMaps, readUsage } from "../../../../../scripts/bench/serving/process-tree.ts";

it("tells what is a process's own from what it maps of files", () => {
  const smaps = `00400000-05000000 r-xp 00000000 08:01 1234                       /usr/bin/node
Size:              76800 kB
Rss:               40000 kB
Anonymous:             0 kB
05000000-05100000 rw-p 04c00000 08:01 1234                       /usr/bin/node
Rss:                1000 kB
Anonymous:           600 kB
7f0000000000-7f0000100000 rw-p 00000000 00:00 0
Rss:                2000 kB
Anonymous:          2000 kB
`;
  const { anonymous, mapped } = parseMaps(smaps);
  expect(anonymous).toBe(2600);
  expect(mapped.get("/usr/bin/node")).toBe(40_400);
});

it.runIf(process.platform === "linux")("counts what a process started, and shared code once", async () => {
  const script = "globalThis.kept = Buffer.alloc(1e8, 1); console.log(1); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  await once(child.stdout, "data");
  const grown = await readUsage(child.pid as number);
  const withParent = await readUsage(process.pid);
  expect(grown?.megabytes).toBeGreaterThan(100);
  expect(withParent?.megabytes).toBeGreaterThan(grown?.megabytes ?? Number.POSITIVE_INFINITY);
  expect(withParent?.cpuSeconds).toBeGreaterThan(grown?.cpuSeconds ?? Number.POSITIVE_INFINITY);
});
