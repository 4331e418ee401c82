import { describe, expect, it } from "vitest";
import { validateExecution } from "../../../../lambdas/validate-input/logic.ts";

describe("validateExecution", () => {
  it("gives the input with its defaults", () => {
    expect(validateExecution({})).toMatchObject({ strategy: "ecs", hyperparameters: { cnn: "compact" } });
  });

  it("gives the same when it is repeated on what it gave", () => {
    const once = validateExecution({ runName: "again", hyperparameters: { epochs: 2 } });
    expect(validateExecution(once)).toEqual(once);
  });

  it("takes strategy kaggle with a network of its own", () => {
    expect(validateExecution({ strategy: "kaggle" })).toMatchObject({ hyperparameters: { cnn: "mobilenetv2" } });
  });

  it("refuses a backbone that Kaggle would not get and says what to do", () => {
    expect(() => validateExecution({ strategy: "kaggle", backbone: "s3://models/backbone" })).toThrow(
      expect.objectContaining({ name: "InvalidInput", message: expect.stringMatching(/Leave 'backbone' out/) }),
    );
  });
});
