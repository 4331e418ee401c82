import { describe, expect, it } from "vitest";
import { makeReport } from "../../../../scripts/local/report.ts";

describe("makeReport", () => {
  it("says of an execution that found another one running that it did not start", () => {
    const output = { outcome: "AlreadyRunning", holder: "arn:other", reason: "Not started: other runs." };
    const report = makeReport("arn:second", { status: "SUCCEEDED", output, steps: [] }, undefined, {});
    expect(report).toMatchObject({ status: "NOT_STARTED", promoted: false, reason: "Not started: other runs." });
  });

  it("says of an execution that found no data that it did not start", () => {
    const output = { outcome: "NoData", reason: "There is no raw data." };
    const report = makeReport("arn:first", { status: "SUCCEEDED", output, steps: [] }, undefined, {});
    expect(report).toMatchObject({ status: "NOT_STARTED", promoted: false, reason: "There is no raw data." });
  });

  it("gives name and reason of a failure", () => {
    const end = { status: "FAILED", output: undefined, error: "TrainerDied", cause: "killed", steps: [] };
    expect(makeReport("arn:x", end, undefined, {})).toMatchObject({ status: "FAILED", reason: "TrainerDied: killed" });
  });
});
