import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDatasetStatus, parseKernelStatus } from "../../../../core/kaggle/status.ts";

describe("parseKernelStatus", () => {
  it.each([
    "CANCEL_ACKNOWLEDGED",
    "cancel_acknowledged",
    "cancelAcknowledged",
    "KERNEL_WORKER_STATUS_CANCEL_ACKNOWLEDGED",
    5,
  ])("reads %s", (said) => expect(parseKernelStatus(said)).toBe("CANCEL_ACKNOWLEDGED"));

  it("takes nothing but COMPLETE for success", () => {
    const odd = fc.oneof(
      fc.anything(),
      fc.string(),
      fc.string().map((text) => `${text}COMPLETE`),
      fc.string().map((text) => `COMPLETE${text}`),
    );
    fc.assert(
      fc.property(odd, (said) => {
        fc.pre(said !== 2 && !(typeof said === "string" && said.toUpperCase() === "COMPLETE"));
        expect(parseKernelStatus(said)).not.toBe("COMPLETE");
      }),
    );
  });
});

describe("parseDatasetStatus", () => {
  it.each(["ready", 5])("reads READY as %s", (said) => expect(parseDatasetStatus(said)).toBe("READY"));
  it.each([undefined, null, "", "NOT_READY", 9])("is not ready for %s", (said) => {
    expect(parseDatasetStatus(said)).toBe("UNKNOWN");
  });
});
