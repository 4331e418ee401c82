import { describe, expect, it } from "vitest";
import { imageBytes, imageSize } from "../../../../core/contracts/dataset.ts";
import { createRandom } from "../../../../core/synthetic/random.ts";
import { copyPhotograph, drawAugmentation } from "../../../../training/tfjs/augment.ts";

const unchanged = Float32Array.from({ length: 768 }, (_, i) => i % 256);
/** One red pixel at row 10, column 20, on black. */
const marked = new Uint8Array(imageBytes);
marked[3 * (10 * imageSize + 20)] = 200;

function whereTheMarkIs(symmetry: number): [row: number, column: number] {
  const copy = new Float32Array(imageBytes);
  copyPhotograph(marked, copy, 0, { symmetry, light: unchanged });
  const at = copy.indexOf(200);
  expect(copy.filter((value) => value !== 0)).toHaveLength(1);
  expect(at % 3).toBe(0);
  return [Math.floor(at / 3 / imageSize), (at / 3) % imageSize];
}

describe("copyPhotograph", () => {
  it("copies a photograph as it is into its place of a batch", () => {
    const batch = new Float32Array(2 * imageBytes);
    copyPhotograph(marked, batch, imageBytes);
    expect(batch.indexOf(200)).toBe(imageBytes + marked.indexOf(200));
  });

  it("lays a photograph in all 8 ways of a square", () => {
    expect(whereTheMarkIs(0)).toEqual([10, 20]);
    expect(whereTheMarkIs(1)).toEqual([10, 203]);
    expect(whereTheMarkIs(2)).toEqual([213, 20]);
    expect(whereTheMarkIs(4)).toEqual([20, 10]);
    const all = Array.from({ length: 8 }, (_, symmetry) => whereTheMarkIs(symmetry).join());
    expect(new Set(all).size).toBe(8);
  });

  it("changes each colour by its own table", () => {
    const light = unchanged.map((value, i) => (i < 256 ? value / 2 : value + 1));
    const copy = new Float32Array(imageBytes);
    copyPhotograph(marked, copy, 0, { symmetry: 0, light });
    expect(Array.from(copy.slice(marked.indexOf(200), marked.indexOf(200) + 3))).toEqual([100, 1, 1]);
  });
});

describe("drawAugmentation", () => {
  it("gives the same changes for the same seed, and others for another", () => {
    const draw = (seed: number) => Array.from({ length: 4 }, () => drawAugmentation(createRandom(seed)));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("changes the light mildly and never leaves the range of a pixel", () => {
    const random = createRandom(3);
    for (let i = 0; i < 200; i++) {
      const { light } = drawAugmentation(random);
      expect(Math.min(...light)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...light)).toBeLessThanOrEqual(255);
      for (const channel of [0, 1, 2]) expect(Math.abs((light[channel * 256 + 128] as number) - 128)).toBeLessThan(10);
    }
  });

  it("draws every symmetry", () => {
    const random = createRandom(4);
    expect(new Set(Array.from({ length: 100 }, () => drawAugmentation(random).symmetry)).size).toBe(8);
  });
});
