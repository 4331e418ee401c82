import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDatasetStatus, parseKernelStatus } from "../../../../core/kaggle/status.ts";

describe("parseKernelStatus", () => {
  it.each([
    "CANCEL_ACKNOWLEDGED",
    "cancel_acknowledged",
    "cancelAcknowledged",
    "KERNEL_WORKER_STATUS_CANCEL_ACKNOWLEDGED",
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
        fc.pre(String(said).toUpperCase() !== "COMPLETE");
        expect(parseKernelStatus(said)).not.toBe("COMPLETE");
      }),
    );
  });
});

describe("parseDatasetStatus", () => {
  it("reads READY", () => expect(parseDatasetStatus("ready")).toBe("READY"));
  it.each([undefined, null, "", "NOT_READY", 5])("is not ready for %s", (said) => {
    expect(parseDatasetStatus(said)).toBe("UNKNOWN");
  });
});
