import { describe, expect, it } from "vitest";
import { isSuccess, makeReport, printReport } from "../../../../cli/executions/report.ts";

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

  it("says of a dry run that nothing was trained, which is a success", () => {
    const output = { outcome: "DryRun", reason: "Dry run: nothing was trained." };
    const report = makeReport("arn:dry", { status: "SUCCEEDED", output, steps: [] }, undefined, {});
    expect(report).toMatchObject({ status: "DRY_RUN", promoted: false });
    expect(printReport(report)).toBe("Dry run: nothing was trained.");
    expect(isSuccess(report)).toBe(true);
    expect(isSuccess({ ...report, status: "NOT_STARTED" })).toBe(false);
  });

  it("gives name and reason of a failure", () => {
    const end = { status: "FAILED", output: undefined, error: "TrainerDied", cause: "killed", steps: [] };
    expect(makeReport("arn:x", end, undefined, {})).toMatchObject({ status: "FAILED", reason: "TrainerDied: killed" });
  });
});
