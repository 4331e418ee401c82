import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const bench = (...args: string[]) => promisify(execFile)(process.execPath, ["scripts/bench.ts", ...args]);

describe("npm run bench -- preprocess", () => {
  it("writes speed, memory and growth", async () => {
    const [json, plot] = [join(folder, "bench.json"), join(folder, "bench.svg")];
    await bench("preprocess", "--sizes", "500,600", "--json", json, "--plot", plot);
    const { comparison, growth, exponent } = JSON.parse(readFileSync(json, "utf8"));
    expect(comparison).toMatchObject({ photographs: 500, cpuRatio: expect.any(Number) });
    expect(comparison.ratio).toBeCloseTo(comparison.preprocessPerSecond / comparison.sharpPerSecond);
    expect(growth.map(({ photographs }: { photographs: number }) => photographs)).toEqual([500, 600]);
    for (const step of ["fetch", "preprocess", "assemble"]) {
      expect(Object.keys(growth[0][step])).toEqual(["seconds", "cpuSeconds", "peakMegabytes"]);
      expect(growth[0][step].peakMegabytes).toBeGreaterThan(20);
    }
    expect(Number.isFinite(exponent)).toBe(true);
    expect(readFileSync(plot, "utf8")).toMatch(/^<svg/);
  });

  it.each([
    [["preprocess", "--sizes", "many"], "--sizes are whole numbers from 500"],
    [["everything"], "There is no bench 'everything'."],
    [[], "What is to be measured?"],
  ])("explains what is wrong with %j", async (args, message) => {
    await expect(bench(...args)).rejects.toMatchObject({ stderr: expect.stringContaining(message) });
  });
});
