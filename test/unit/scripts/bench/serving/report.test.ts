import sharp from "sharp";
import { expect, it } from "vitest";
import { figuresTable, servingPlot } from "../../../../../scripts/bench/serving/report.ts";

const summaries = [
  {
    name: "this API",
    given: "a photograph",
    days: 3,
    figures: { p50Milliseconds: 8.04, firstAnswerSeconds: 0.5 },
    ratios: { p50Milliseconds: 1, firstAnswerSeconds: 1 },
  },
  {
    name: "<slow>",
    given: "a photograph",
    days: 3,
    figures: { p50Milliseconds: 80, firstAnswerSeconds: 4 },
    ratios: { p50Milliseconds: 9.95, firstAnswerSeconds: 8 },
  },
];

it("writes what was measured as a table, with ratios", () => {
  expect(figuresTable(summaries)).toBe(
    [
      "|  | p50, ms | first answer, s |",
      "| - | -: | -: |",
      "| this API | 8.0 | 0.50 |",
      "| <slow> | 80.0 (9.95) | 4.00 (8.00) |",
    ].join("\n"),
  );
});

it("draws a bar of each target for what was measured", async () => {
  const svg = servingPlot("Serving", summaries);
  const bars = [...svg.matchAll(/<rect x="190"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(bars).toHaveLength(4);
  expect((bars[1] ?? 0) / (bars[0] ?? 1)).toBeCloseTo(80 / 8.04, 1);
  expect(svg).toContain("&lt;slow>");
  expect((await sharp(Buffer.from(svg)).png().toBuffer({ resolveWithObject: true })).info.width).toBe(720);
});
