import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ManifestRow, splits, storageGroups } from "../../../../core/contracts/dataset.ts";
import { formatManifest, parseManifest } from "../../../../core/dataset/manifest.ts";

const row: ManifestRow = {
  fileName: "T20_d01_001_a_1",
  storageGroup: "T20",
  shelfLifeDays: 9.25,
  sample: "1",
  stage: 1,
  split: "train",
  shard: "shards/train-00000.npy",
  index: 0,
};

describe("formatManifest", () => {
  it("writes one line a photograph under the contract's columns", () => {
    const { shelfLifeDays: _, ...censored } = { ...row, censoredDays: 3, index: 1 };
    expect(formatManifest([row, censored])).toBe(
      "File Name,T10,T20,Tam,Shelf-life Days,Censored Days,Sample,Stage,Split,Shard,Index\n" +
        "T20_d01_001_a_1,0,1,0,9.25,,1,1,train,shards/train-00000.npy,0\n" +
        "T20_d01_001_a_1,0,1,0,,3,1,1,train,shards/train-00000.npy,1\n",
    );
  });
});

describe("parseManifest", () => {
  it("gives back what was written", () => {
    const days = fc.double({ min: 0, max: 1000, noNaN: true }).map((value) => value + 0);
    const rows = fc.array(
      fc.record(
        {
          fileName: fc.string({ minLength: 1 }),
          storageGroup: fc.constantFrom(...storageGroups),
          shelfLifeDays: days,
          censoredDays: days,
          sample: fc.string({ minLength: 1 }),
          stage: fc.integer({ min: 1, max: 5 }),
          split: fc.constantFrom(...splits),
          shard: fc.constant("shards/a.npy"),
          index: fc.nat(),
        },
        {
          requiredKeys: ["fileName", "storageGroup", "sample", "stage", "split", "shard", "index"],
          noNullPrototype: true,
        },
      ),
    );
    fc.assert(
      fc.property(rows, (value) => {
        expect(parseManifest(formatManifest(value))).toEqual(value);
      }),
    );
  });

  it("names the line that is wrong", () => {
    const text = formatManifest([row, row]).replace(/train,(?=[^\n]*\n$)/, "trian,");
    expect(() => parseManifest(text)).toThrow(/line 3[\s\S]*Split/);
  });

  it("rejects a photograph in two storage groups", () => {
    expect(() => parseManifest(formatManifest([row]).replace("0,1,0", "1,1,0"))).toThrow("exactly one storage group");
  });
});
