import { describe, expect, it } from "vitest";
import { validateInput } from "../../../core/contracts/execution.ts";
import { trainingKey } from "../../../core/training-key.ts";

const input = validateInput({});
const key = trainingKey("v1", input);

describe("trainingKey", () => {
  it("does not depend on the order or on what does not change the model", () => {
    const hyperparameters = Object.fromEntries(Object.entries(input.hyperparameters).reverse());
    expect(trainingKey("v1", validateInput({ ...input, hyperparameters, runName: "a name", newData: false }))).toBe(
      key,
    );
  });

  it.each([
    ["hyperparameters", { hyperparameters: { ...input.hyperparameters, seed: 1 } }],
    ["model", { modelName: "other" }],
    ["experiment", { experimentName: "other" }],
    ["strategy", { strategy: "kaggle" as const }],
    ["backbone", { backbone: "s3://bucket/mobilenet" }],
  ])("changes with the %s", (_, change) => {
    expect(trainingKey("v1", { ...input, ...change })).not.toBe(key);
  });

  it("changes with the dataset", () => {
    expect(trainingKey("v2", input)).not.toBe(key);
  });
});
