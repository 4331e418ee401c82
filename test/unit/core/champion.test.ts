import { describe, expect, it } from "vitest";
import { decideChampion, rejectSeenFruits } from "../../../core/champion.ts";
import type { GroupedMetrics } from "../../../core/contracts/model.ts";

function scored(version: string, mse: number, change: Partial<GroupedMetrics> = {}) {
  const metrics = {
    n: 120,
    mse,
    mae: 1.25,
    rmse: Math.sqrt(mse),
    r2: 0.5,
    groups: {},
    macroMae: 1.3,
    ...change,
  };
  return { version, metrics };
}

describe("decideChampion", () => {
  it("has the first challenger beat the bootstrap model", () => {
    expect(decideChampion(scored("1", 4), scored("bootstrap", 6), "mse")).toEqual({
      promoted: true,
      reason:
        "Version 1 is promoted: its mean squared error is 4.000 days squared on 120 test photographs (off by 1.25 days on average), below the 6.000 of the bootstrap model.",
    });
  });

  it("promotes a challenger whose error is lower", () => {
    expect(decideChampion(scored("2", 3), scored("1", 4), "mse")).toEqual({
      promoted: true,
      reason:
        "Version 2 is promoted: its mean squared error is 3.000 days squared on 120 test photographs (off by 1.25 days on average), below the 4.000 of the champion, version 1.",
    });
  });

  it("keeps the champion when the challenger is worse", () => {
    const { promoted, reason } = decideChampion(scored("2", 5), scored("1", 4), "mse");
    expect(promoted).toBe(false);
    expect(reason).toContain("Version 2 is not promoted");
    expect(reason).toContain("above the 4.000 of the champion, version 1");
  });

  it("keeps the champion when both are equal", () => {
    const { promoted, reason } = decideChampion(scored("2", 4), scored("1", 4), "mse");
    expect(promoted).toBe(false);
    expect(reason).toContain("Version 2 is not promoted");
    expect(reason).toContain("no better than the 4.000");
  });

  it("compares by the metric that was asked for", () => {
    const challenger = scored("2", 5, { mae: 1 });
    expect(decideChampion(challenger, scored("1", 4), "mae")).toMatchObject({
      promoted: true,
      reason: expect.stringContaining("mean absolute error is 1.000 days on"),
    });
  });

  it("does not say the mean absolute error twice", () => {
    expect(decideChampion(scored("2", 5, { mae: 1 }), scored("1", 4), "mae").reason).toBe(
      "Version 2 is promoted: its mean absolute error is 1.000 days on 120 test photographs, below the 1.250 of the champion, version 1.",
    );
  });

  it.each([
    ["rmse", "root mean squared error is 1.100 days on"],
    ["macroMae", "mean absolute error averaged over the storage groups is 1.100 days on"],
  ] as const)("names the metric %s and its unit", (metric, words) => {
    const { reason } = decideChampion(scored("2", 5, { [metric]: 1.1 }), scored("1", 4), metric);
    expect(reason).toContain(words);
  });

  it("counts one photograph as one", () => {
    const { reason } = decideChampion(scored("2", 5, { n: 1 }), scored("1", 4), "mse");
    expect(reason).toContain("on 1 test photograph (");
  });

  it("gives all digits when the first eleven do not tell the two apart", () => {
    const { reason } = decideChampion(scored("2", 4), scored("1", 4.0000000000021), "mse");
    expect(reason).toContain("below the 4.0000000000021 of");
  });

  it("gives as many digits as tell the two apart", () => {
    const { reason } = decideChampion(scored("2", 3.99999), scored("1", 4), "mse");
    expect(reason).toContain("3.99999 days squared");
  });

  it("rejects a model that predicts no numbers", () => {
    const broken = () => decideChampion(scored("2", Number.NaN), scored("1", 4), "mse");
    expect(broken).toThrow(
      expect.objectContaining({ name: "InvalidModel", message: expect.stringContaining("Version 2") }),
    );
  });
});

describe("rejectSeenFruits", () => {
  const test = { source: "hass-2024", fruits: ["7", "8", "8", "9"] };

  it("rejects a model that was trained on test fruits and names them", () => {
    const seen = () => rejectSeenFruits({ source: "hass-2024", trainingFruits: ["1", "9", "8"] }, test, "Version 2");
    expect(seen).toThrow(expect.objectContaining({ name: "InvalidModel" }));
    expect(seen).toThrow("Version 2 was trained on 2 of the test fruits (8, 9)");
  });

  it("names them in order, up to five, and says what to do", () => {
    const fruits = ["5", "4", "3", "2", "1"];
    const seen = () => rejectSeenFruits({ source: "a", trainingFruits: fruits }, { source: "a", fruits }, "It");
    expect(seen).toThrow("(1, 2, 3, 4, 5), so its score would say nothing. ");
    expect(seen).toThrow("Train it again on the training fruits of 'a' alone.");
  });

  it("names a few of many", () => {
    const fruits = ["1", "2", "3", "4", "5", "6", "7"];
    const seen = () => rejectSeenFruits({ source: "a", trainingFruits: fruits }, { source: "a", fruits }, "It");
    expect(seen).toThrow("(1, 2, 3, 4, 5 and 2 more)");
  });

  it("takes a model trained on other fruits", () => {
    expect(() => rejectSeenFruits({ source: "hass-2024", trainingFruits: ["1"] }, test, "It")).not.toThrow();
  });

  it("takes a model of another source, whose fruits only share the names", () => {
    expect(() => rejectSeenFruits({ source: "synthetic-1", trainingFruits: ["8"] }, test, "It")).not.toThrow();
  });
});
