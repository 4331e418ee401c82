import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  chooseWorst,
  type EvaluatedPhotograph,
  writeReport,
} from "../../../../../../cli/commands/evaluate/report/write-report.ts";
import { groupedMetrics } from "../../../../../../core/model/metrics.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "report-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const photograph = (sample: string, predicted: number): EvaluatedPhotograph => {
  return { path: join(folder, "photo.jpg"), group: "T10", stage: 2, sample, days: 5, predicted };
};

describe("chooseWorst", () => {
  it("takes the largest errors in either direction, one photograph of each fruit", () => {
    const all = [photograph("1", 6), photograph("2", 1), photograph("2", 0), photograph("3", 8), photograph("4", 5)];
    expect(chooseWorst(all, 3).map(({ sample, predicted }) => [sample, predicted])).toEqual([
      ["2", 0],
      ["3", 8],
      ["1", 6],
    ]);
  });
});

describe("writeReport", () => {
  it("writes a page that needs no other file, and the diagrams next to it", async () => {
    const image = sharp({ create: { width: 40, height: 40, channels: 3, background: "green" } });
    await image.jpeg().toFile(join(folder, "photo.jpg"));
    const photographs = [photograph("1", 9.5), photograph("2", 4)];
    const page = await writeReport(join(folder, "out"), photographs, {
      title: "A <model>",
      facts: { network: "compact" },
      metrics: groupedMetrics(photographs),
      leftOut: { "no-label": 3 },
      warning: "Fruits were seen.",
    });
    const html = readFileSync(page, "utf8");
    expect(html).toContain("<h1>A &lt;model></h1>");
    expect(html).toContain("4.5 d too long");
    expect(html).toContain("1.0 d too short");
    expect(html).toContain("3 × no-label");
    expect(html).toContain("Fruits were seen.");
    expect(html.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(2);
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(readdirSync(join(folder, "out")).sort()).toEqual([
      "error-by-days-left.svg",
      "error-by-stage.svg",
      "error-by-storage-group.svg",
      "index.html",
      "predicted-against-true.svg",
    ]);
  });
});
