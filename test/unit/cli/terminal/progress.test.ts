import { describe, expect, it } from "vitest";
import { bar, duration } from "../../../../cli/terminal/progress.ts";

describe("bar", () => {
  it("fills with what is done", () => {
    expect(bar(1, 2)).toBe(`${"█".repeat(12)}${"░".repeat(12)}  50%`);
  });

  it("is empty while the total is unknown", () => {
    expect(bar(0, 0)).toBe(`${"░".repeat(24)}   0%`);
  });
});

describe("duration", () => {
  it("shows minutes from one minute on", () => {
    expect([duration(7.34), duration(65.4), duration(119.8)]).toEqual(["7.3 s", "1:05", "2:00"]);
  });
});
