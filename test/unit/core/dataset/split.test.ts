import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkFruits, countFruits, splitOfFruit } from "../../../../core/dataset/split.ts";

describe("splitOfFruit", () => {
  it("never changes: these fruits are where they were", () => {
    const fruits = Array.from({ length: 20 }, (_, i) => splitOfFruit("hass-2024", String(i + 1)));
    const letters = { train: "-", validation: "v", test: "t" };
    expect(fruits.map((split) => letters[split]).join("")).toBe("-t----t----t------v-");
  });

  it.each([
    [14, "2", "test"],
    [15, "44", "validation"],
    [29, "68", "validation"],
    [30, "167", "train"],
  ])("keeps the limits: remainder %i, fruit %s, is %s", (_remainder, sample, split) => {
    expect(splitOfFruit("hass-2024", sample)).toBe(split);
  });

  it("is the first 8 bytes of the hash, big-endian, modulo 100", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (source, sample) => {
        const hex = createHash("sha256").update(`${source}:${sample}`).digest("hex").slice(0, 16);
        const place = Number(BigInt(`0x${hex}`) % 100n);
        expect(splitOfFruit(source, sample)).toBe(place < 15 ? "test" : place < 30 ? "validation" : "train");
      }),
    );
  });
});

describe("countFruits", () => {
  it("counts a fruit once, however many photographs it has", () => {
    const rows = [
      { sample: "1", split: "test" },
      { sample: "1", split: "test" },
      { sample: "2", split: "train" },
    ] as const;
    expect(countFruits(rows)).toEqual({ train: 1, validation: 0, test: 1 });
  });
});

describe("checkFruits", () => {
  it("takes two fruits in every part", () => {
    expect(() => checkFruits({ train: 2, validation: 2, test: 2 })).not.toThrow();
  });

  it("rejects fewer, says how many there are and what to do", () => {
    const check = () => checkFruits({ train: 9, validation: 1, test: 2 });
    expect(check).toThrow("Too few fruits: 9 for train, 1 for validation, 2 for test; each part needs at least 2.");
    expect(check).toThrow("add photographs of more fruits");
  });
});
