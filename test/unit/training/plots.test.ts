import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { learningCurve, predictedAgainstTrue } from "../../../training/plots.ts";

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
