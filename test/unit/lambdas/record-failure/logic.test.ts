import { describe, expect, it } from "vitest";
import { describeFailure } from "../../../../lambdas/record-failure/logic.ts";

describe("describeFailure", () => {
  it("takes name and words out of what a Lambda leaves", () => {
    const Cause = JSON.stringify({ errorType: "InvalidDataset", errorMessage: "no data.csv", trace: ["at x"] });
    const described = { error: "InvalidDataset", reason: "no data.csv" };
    expect(describeFailure({ Error: "InvalidDataset", Cause })).toEqual(described);
    expect(describeFailure({ Error: "Runtime.HandlerError", Cause })).toEqual(described);
  });

  it("keeps a cause in words", () => {
    expect(describeFailure({ Error: "TrainerDied", Cause: "killed by SIGKILL" })).toEqual({
      error: "TrainerDied",
      reason: "killed by SIGKILL",
    });
  });

  it("keeps a cause that is other JSON", () => {
    expect(describeFailure({ Error: "E", Cause: "[1]" }).reason).toBe("[1]");
  });

  it("says so when there is no cause", () => {
    expect(describeFailure({ Error: "States.Timeout", Cause: "" }).reason).toBe(
      "The execution failed with States.Timeout and gave no cause.",
    );
  });
});
