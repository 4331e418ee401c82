import type { Fruit } from "./fruit.ts";
import { createRandom, type Random } from "./random.ts";

/** Side of a texture, which covers the visible half of a fruit. */
export const textureSize = 256;

/** The skin of one side of one fruit, [textureSize, textureSize] each, row by row from stem to base. */
export interface Texture {
  /** Height of the bumps, 0 to about 1. */
  bumps: Float32Array;
  /** Where it ripens earlier (positive) or later, about -1 to 1. */
  mottling: Float32Array;
  /** Corky scar, 0 to 1. */
  scar: Float32Array;
}

/** Makes the skin of a side. The same on all photographs of that side. */
export function createTexture(fruit: Fruit, seed: number, side: string): Texture {
  const random = createRandom("texture", seed, fruit.sample, side);
  const cells = textureSize / fruit.grain;
  const coarse = cellNoise(random, cells);
  const fine = cellNoise(random, cells * 2.1);
  const patches = [valueNoise(random, 3), valueNoise(random, 7), valueNoise(random, 20)] as const;
  const edge = valueNoise(random, 9);
  const centre = [random.uniform(0.25, 0.75), random.uniform(0.2, 0.7)] as const;
  const texture: Texture = {
    bumps: new Float32Array(textureSize ** 2),
    mottling: new Float32Array(textureSize ** 2),
    scar: new Float32Array(textureSize ** 2),
  };
  for (let i = 0; i < textureSize ** 2; i++) {
    const x = (i % textureSize) / textureSize;
    const y = Math.floor(i / textureSize) / textureSize;
    texture.bumps[i] = 0.75 * coarse(x, y) + 0.25 * fine(x, y);
    texture.mottling[i] = patches[0](x, y) * 0.9 + patches[1](x, y) * 0.6 + patches[2](x, y) * 0.5;
    const distance = Math.sqrt((x - centre[0]) ** 2 + ((y - centre[1]) * 0.8) ** 2) / (fruit.scar || 1);
    texture.scar[i] = fruit.scar && clamp((0.5 - distance + 0.9 * edge(x, y)) * 4, 0, 1);
  }
  return texture;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Smooth noise of `cells` cells a side, about -0.5 to 0.5. */
function valueNoise(random: Random, cells: number): (x: number, y: number) => number {
  const side = Math.ceil(cells) + 2;
  const lattice = Float32Array.from({ length: side * side }, () => random.uniform(-0.5, 0.5));
  return (x, y) => {
    const [column, row] = [Math.floor(x * cells), Math.floor(y * cells)];
    const [s, t] = [smooth(x * cells - column), smooth(y * cells - row)];
    const at = row * side + column;
    const above = (lattice[at] ?? 0) * (1 - s) + (lattice[at + 1] ?? 0) * s;
    const below = (lattice[at + side] ?? 0) * (1 - s) + (lattice[at + side + 1] ?? 0) * s;
    return above * (1 - t) + below * t;
  };
}

/** Rounded bumps, one a cell at a random place, of random height: 0 between them. */
function cellNoise(random: Random, cells: number): (x: number, y: number) => number {
  const side = Math.ceil(cells) + 3;
  const points = Float32Array.from({ length: side * side * 3 }, () => random.uniform(0, 1));
  return (x, y) => {
    const [column, row] = [Math.floor(x * cells), Math.floor(y * cells)];
    let highest = 0;
    for (let r = row; r < row + 3; r++) {
      for (let c = column; c < column + 3; c++) {
        const at = (r * side + c) * 3;
        const dx = c - 1 + (points[at] ?? 0) - x * cells;
        const dy = r - 1 + (points[at + 1] ?? 0) - y * cells;
        const height = (0.5 + 0.5 * (points[at + 2] ?? 0)) * (1 - (dx * dx + dy * dy) / 0.75);
        if (height > highest) highest = height;
      }
    }
    return highest;
  };
}

const smooth = (t: number) => t * t * (3 - 2 * t);
