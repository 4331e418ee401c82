import { describe, expect, it } from "vitest";
import { createRandom } from "../../../../training/tfjs/random.ts";

describe("createRandom", () => {
  it("gives the same numbers for the same seed and others when any part of it differs", () => {
    const draw = (...seed: number[]) => {
      const random = createRandom(...seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(1, 2)).toEqual(draw(1, 2));
    const others = [draw(1, 3), draw(2, 2), draw(2, 1), draw(1)];
    for (const other of others) expect(other).not.toEqual(draw(1, 2));
  });

  it("spreads numbers evenly over [0, 1)", () => {
    const random = createRandom(5);
    const numbers = Array.from({ length: 10_000 }, () => random.next());
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    for (let bin = 0; bin < 10; bin++) {
      const count = numbers.filter((value) => Math.floor(value * 10) === bin).length;
      expect(Math.abs(count - 1000)).toBeLessThan(150);
    }
  });

  it("shuffles without losing or repeating anything", () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = createRandom(6).shuffled(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  });
});
