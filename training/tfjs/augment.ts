import { imageSize } from "../../core/contracts/dataset.ts";
import type { Random } from "../../core/synthetic/random.ts";

/** How one photograph is changed before it is shown to the network. */
export interface Augmentation {
  /** One of the 8 ways to lay a square: bit 0 mirrors left and right, bit 1 up and down, bit 2 the diagonal. */
  symmetry: number;
  /** New value of each of the 256 values of red, then green, then blue. */
  light: Float32Array;
}

const side = imageSize;

/**
 * A random change: any flip or quarter turn, and light as it varies between rooms and cameras. Mild, for the colour is what
 * tells the ripeness.
 */
export function drawAugmentation(random: Random): Augmentation {
  const brightness = random.uniform(-8, 8);
  const contrast = random.uniform(0.92, 1.08);
  const light = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    const gain = contrast * random.uniform(0.97, 1.03);
    for (let value = 0; value < 256; value++) {
      light[channel * 256 + value] = Math.min(255, Math.max(0, (value - 128) * gain + 128 + brightness));
    }
  }
  return { symmetry: Math.floor(random.uniform(0, 8)), light };
}

/**
 * Copies one photograph (uint8 RGB, [224, 224, 3]) into a batch of floats from `offset` on, changed if asked to. Both in one
 * pass: it is what the training waits for in addition to TensorFlow.
 */
export function copyPhotograph(
  source: Uint8Array,
  target: Float32Array,
  offset: number,
  augmentation?: Augmentation,
): void {
  if (!augmentation) {
    target.set(source, offset);
    return;
  }
  const { symmetry, light } = augmentation;
  const right = symmetry & 1 ? -3 : 3;
  const down = symmetry & 2 ? -3 * side : 3 * side;
  const start = (symmetry & 1 ? 3 * (side - 1) : 0) + (symmetry & 2 ? 3 * side * (side - 1) : 0);
  const [alongRow, toNextRow] = symmetry & 4 ? [down, right] : [right, down];
  let to = offset;
  for (let row = 0; row < side; row++) {
    let from = start + row * toNextRow;
    for (let column = 0; column < side; column++) {
      target[to] = light[source[from] as number] as number;
      target[to + 1] = light[256 + (source[from + 1] as number)] as number;
      target[to + 2] = light[512 + (source[from + 2] as number)] as number;
      from += alongRow;
      to += 3;
    }
  }
}
