import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeModelFolder } from "../../../core/model/folder.ts";
import { tinyModel, tinySidecar } from "../../support/models.ts";

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
});

describe("npm run bench -- serving", () => {
  it("measures the API, MLflow's server and the lower bound, on the same model", async () => {
    const [model, json, plot] = [join(folder, "model"), join(folder, "bench.json"), join(folder, "bench.svg")];
    await writeModelFolder(model, { onnx: tinyModel(1), sidecar: tinySidecar() });
    mkdirSync(join(folder, "images"));
    const photograph = sharp({ create: { width: 300, height: 300, channels: 3, background: "darkgreen" } });
    await photograph.toFile(join(folder, "images", "one.jpg"));
    const options = ["--targets", "mlflow,lower-bound", "--rounds", "1", "--seconds", "0.1", "--data", folder];
    const { stdout } = await bench("serving", "--model", model, ...options, "--json", json, "--plot", plot);
    expect(stdout).toContain("MLflow's server gets pixels as JSON");
    const { summaries } = JSON.parse(readFileSync(json, "utf8")).networks.model;
    const [own, mlflow, lowerBound] = summaries;
    expect(mlflow.days).toBeCloseTo(own.days, 4);
    expect(lowerBound.days).toBeCloseTo(own.days, 4);
    for (const { figures, ratios } of summaries) {
      const { p50Milliseconds, p99Milliseconds, perSecondAt16, firstAnswerSeconds, ...onLinux } = figures;
      expect(p50Milliseconds).toBeLessThanOrEqual(p99Milliseconds);
      expect(perSecondAt16).toBeGreaterThan(0);
      expect(firstAnswerSeconds).toBeGreaterThan(0);
      if (process.platform === "linux") expect(onLinux.megabytes).toBeGreaterThan(20);
      expect(ratios.p50Milliseconds).toBeCloseTo(p50Milliseconds / own.figures.p50Milliseconds);
      expect(ratios.perSecondAt16).toBeCloseTo(own.figures.perSecondAt16 / perSecondAt16);
    }
    expect(readFileSync(plot, "utf8")).toMatch(/^<svg/);
  });
});

describe("npm run bench", () => {
  it.each([
    [["preprocess", "--sizes", "many"], "Write whole numbers from 500, with commas between them."],
    [["serving", "--networks", "vgg16"], "There is no 'vgg16', only mobilenetv2, resnet50."],
    [["serving", "--rounds", "none"], "Write a whole number from 1."],
    [["serving", "--model", "models/bootstrap"], "models/bootstrap has no model.keras"],
    [["everything"], "unknown command 'everything'"],
    [[], "name one of these commands"],
  ])("explains what is wrong with %j", async (args, message) => {
    await expect(bench(...args)).rejects.toMatchObject({ stderr: expect.stringContaining(message) });
  });
});
