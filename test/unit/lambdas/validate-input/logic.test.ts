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

  it("refuses the strategy that has no trainer yet and says what to use", () => {
    expect(() => validateExecution({ strategy: "kaggle" })).toThrow(
      expect.objectContaining({
        name: "InvalidInput",
        message: expect.stringMatching(/^Strategy 'kaggle' is not available yet.*use 'ecs'/),
      }),
    );
  });
});
