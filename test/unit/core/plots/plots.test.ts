import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { evaluationPlots, learningCurve, predictedAgainstTrue } from "../../../../core/plots/plots.ts";

/** Fails when the SVG cannot be drawn. */
async function draw(svg: string): Promise<{ width: number; height: number }> {
  const { info } = await sharp(Buffer.from(svg)).png().toBuffer({ resolveWithObject: true });
  return info;
}

describe("learningCurve", () => {
  it("draws both losses and marks the best epoch of validation", async () => {
    const svg = learningCurve([
      { trainLoss: 3, valLoss: 2.5 },
      { trainLoss: 2, valLoss: 1.75 },
      { trainLoss: 1.5, valLoss: 1.9 },
    ]);
    expect(svg).toContain("best: 1.75 days, epoch 2");
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(await draw(svg)).toMatchObject({ width: 640, height: 440 });
  });

  it("draws a single epoch", async () => {
    expect(learningCurve([{ trainLoss: 3, valLoss: 2.5 }])).not.toContain("NaN");
  });
});

describe("predictedAgainstTrue", () => {
  it("draws a dot for each photograph and names each group's mean error", async () => {
    const svg = predictedAgainstTrue(
      [
        { group: "T10", days: 10, predicted: 12 },
        { group: "T10", days: 4, predicted: 3 },
        { group: "Tam", days: 1, predicted: 1 },
      ],
      "Validation <fruits>",
    );
    expect(svg.match(/<circle[^>]*r="2\.2"/g)).toHaveLength(3);
    expect(svg).toContain("T10: 1.50 days off on average");
    expect(svg).not.toContain("T20");
    expect(svg).toContain("Validation &lt;fruits>");
    expect(await draw(svg)).toMatchObject({ width: 640, height: 440 });
  });
});

describe("evaluationPlots", () => {
  const scored = [
    { group: "T10" as const, days: 20, predicted: 17, stage: 1 },
    { group: "T10" as const, days: 19, predicted: 20, stage: 1 },
    { group: "Tam" as const, days: 0, predicted: 0.5, stage: 5 },
  ];

  it.each([
    ["error-by-days-left.svg", ["0–2", "0.50", "18–20", "1.00", "20–22", "3.00"]],
    ["error-by-storage-group.svg", ["T10 (10 °C)", "2.00", "Tam (ambient)", "0.50"]],
    ["error-by-stage.svg", ["1", "2.00", "5", "0.50"]],
  ])("names each class that has photographs with its mean absolute error in %s", async (file, labels) => {
    const svg = evaluationPlots(scored)[file] ?? "";
    const below = [...svg.matchAll(/text-anchor="middle"[^>]*>([^<]+)<\/text>/g)].map(([, text]) => text);
    expect(below.slice(0, labels.length)).toEqual(labels);
    expect(svg.match(/<rect[^>]*rx/g)).toHaveLength(labels.length / 2);
    expect(await draw(svg)).toMatchObject({ width: 640, height: 440 });
  });

  it("draws a single photograph that is right", async () => {
    for (const svg of Object.values(evaluationPlots([{ group: "T20", days: 0, predicted: 0, stage: 5 }]))) {
      expect(svg).not.toContain("NaN");
      await draw(svg);
    }
  });
});
