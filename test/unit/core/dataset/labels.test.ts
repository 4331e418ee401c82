import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelRows } from "../../../../core/dataset/labels.ts";
import type { DataRow } from "../../../../core/dataset/rows.ts";

const day = 86_400_000;
const row = (sample: string, days: number, stage: number): DataRow => ({
  line: 2,
  fileName: `${sample}-${days}`,
  time: days * day,
  storageGroup: "T10",
  sample,
  day: 1,
  stage,
});

describe("labelRows", () => {
  it("counts the days to the first time at stage 5, whatever the order of the rows", () => {
    const rows = [row("1", 9.5, 5), row("1", 0, 1), row("1", 8.25, 5), row("1", 4, 3)];
    expect(labelRows(rows).map((label) => label.shelfLifeDays)).toEqual([0, 8.25, 0, 4.25]);
  });

  it("is never below 0, not even for a stage noted lower afterwards", () => {
    expect(labelRows([row("1", 3, 5), row("1", 4, 4)])[1]).toEqual({ shelfLifeDays: 0 });
  });

  it("gives a fruit that never reached stage 5 its observation time as a lower bound instead", () => {
    expect(labelRows([row("1", 1, 1), row("1", 7.5, 4)])).toEqual([{ censoredDays: 6.5 }, { censoredDays: 0 }]);
  });

  it("keeps fruits apart", () => {
    expect(labelRows([row("1", 0, 1), row("2", 3, 5)])).toEqual([{ censoredDays: 0 }, { shelfLifeDays: 0 }]);
  });

  it("gives every row exactly one of the two, and all rows of a fruit the same end", () => {
    const rows = fc.array(
      fc.tuple(fc.constantFrom("1", "2", "3"), fc.nat(30), fc.integer({ min: 1, max: 5 })).map((args) => row(...args)),
    );
    fc.assert(
      fc.property(rows, (all) => {
        for (const [i, label] of labelRows(all).entries()) {
          const own = all.filter((other) => other.sample === all[i]?.sample);
          const ripe = own.filter((other) => other.stage === 5).map((other) => other.time);
          const end = ripe.length > 0 ? Math.min(...ripe) : Math.max(...own.map((other) => other.time));
          const days = Math.max(0, end - (all[i]?.time ?? 0)) / day;
          expect(label).toEqual(ripe.length > 0 ? { shelfLifeDays: days } : { censoredDays: days });
        }
      }),
    );
  });
});
