import { afterAll, describe, expect, it } from "vitest";
import { imageBytes, type ManifestRow } from "../../../../core/contracts/dataset.ts";
import { loadOnnxModel } from "../../../../core/model/onnx-model.ts";
import { type LabelledPhotograph, labelledOfShard, predictAll, scoreModel } from "../../../../core/model/score.ts";
import { tinyModel } from "../../../support/models.ts";

const photograph = (value: number, days: number): LabelledPhotograph => ({
  image: new Uint8Array(imageBytes).fill(value),
  group: "T20",
  days,
});

describe("predictAll", async () => {
  const model = await loadOnnxModel(tinyModel(-1));
  afterAll(() => model.release());

  it("predicts across batches in order and tells its progress", async () => {
    const done: number[] = [];
    const photographs = [51, 102, 153, 204, 255].map((value) => photograph(value, 3));
    const scored = await predictAll(model, photographs, { batchSize: 2, onProgress: (n) => done.push(n) });
    expect(scored.map(({ predicted }) => Math.round(predicted))).toEqual([1, 3, 5, 7, 9]);
    expect(done).toEqual([2, 4, 5]);
  });

  it("never predicts below 0, as the API does", async () => {
    expect(await predictAll(model, [photograph(0, 1)])).toEqual([{ group: "T20", days: 1, predicted: 0 }]);
  });

  it("gives the errors of a model over photographs", async () => {
    expect(await scoreModel(model, [photograph(51, 2), photograph(102, 2)])).toMatchObject({ n: 2, mae: 1, mse: 1 });
  });
});

describe("labelledOfShard", () => {
  it("gives the photographs with a label, each with its own pixels", () => {
    const row = (index: number, label: object) => ({ index, storageGroup: "T10", ...label }) as ManifestRow;
    const rows = [row(0, { shelfLifeDays: 4 }), row(1, { censoredDays: 2 }), row(2, { shelfLifeDays: 0 })];
    const pixels = new Uint8Array(3 * imageBytes).map((_, i) => Math.floor(i / imageBytes));
    const labelled = [...labelledOfShard({ key: "a", rows, pixels })];
    expect(labelled.map(({ days, image }) => [days, image[0], image.length])).toEqual([
      [4, 0, imageBytes],
      [0, 2, imageBytes],
    ]);
  });
});
