import { describe, expect, it } from "vitest";
import {
  flattenMetrics,
  groupedMetrics,
  medianBaselineMae,
  regressionMetrics,
} from "../../../../core/model/metrics.ts";

describe("regressionMetrics", () => {
  it("computes the errors as they are defined", () => {
    const scored = [
      { days: 1, predicted: 2 },
      { days: 3, predicted: 3 },
      { days: 8, predicted: 5 },
    ];
    expect(regressionMetrics(scored)).toEqual({
      n: 3,
      mse: 10 / 3,
      mae: 4 / 3,
      rmse: Math.sqrt(10 / 3),
      r2: 1 - 10 / 26,
    });
  });

  it("has no r2 where all labels are equal", () => {
    expect(regressionMetrics([{ days: 2, predicted: 3 }])).toMatchObject({ n: 1, mae: 1, r2: null });
  });

  it("rejects an empty set", () => {
    expect(() => regressionMetrics([])).toThrow("no labelled photograph");
  });
});

describe("groupedMetrics", () => {
  const scored = [
    { group: "T10", days: 10, predicted: 14 },
    { group: "T10", days: 12, predicted: 12 },
    { group: "T10", days: 8, predicted: 8 },
    { group: "Tam", days: 1, predicted: 2 },
  ] as const;

  it("gives the errors of each group that occurs, and the mean of the groups' MAEs", () => {
    const metrics = groupedMetrics(scored);
    expect(metrics).toMatchObject({ n: 4, mae: 5 / 4 });
    expect(Object.keys(metrics.groups)).toEqual(["T10", "Tam"]);
    expect(metrics.groups.T10).toMatchObject({ n: 3, mae: 4 / 3 });
    expect(metrics.macroMae).toBeCloseTo((4 / 3 + 1) / 2);
  });

  it("becomes a flat record of numbers with a prefix, without what is not defined", () => {
    expect(flattenMetrics(groupedMetrics(scored.slice(3)), "test_")).toEqual({
      test_n: 1,
      test_mse: 1,
      test_mae: 1,
      test_rmse: 1,
      test_macroMae: 1,
      test_mae_Tam: 1,
    });
  });
});

describe("medianBaselineMae", () => {
  it("is that of each storage group's median", () => {
    const scored = [1, 2, 6].map((days) => ({ group: "T10" as const, days }));
    expect(medianBaselineMae([...scored, { group: "Tam" as const, days: 9 }])).toBeCloseTo((1 + 0 + 4 + 0) / 4);
  });
});
