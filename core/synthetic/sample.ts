import pMap from "p-map";
import sharp from "sharp";
import { splits } from "../contracts/dataset.ts";
import { minFruitsPerSplit, splitOfFruit } from "../dataset/split.ts";
import { InvalidInputError } from "../errors.ts";
import { type ObjectStore, writeJson } from "../storage.ts";
import { createFruit, type Fruit, stageOf } from "./fruit.ts";
import { createRandom } from "./random.ts";
import { photographSize, renderPhotograph } from "./render.ts";
import { createTexture } from "./texture.ts";

export interface SampleOptions {
  fruits: number;
  seed: number;
  /** Prefix of the dataset in the store, '' or ending in '/'. */
  prefix?: string;
  onProgress?: (photographs: number, total: number) => void;
}

/** Name of the generated dataset's source. */
export const sampleSource = (seed: number) => `synthetic-${seed}`;

/**
 * Writes a synthetic dataset in the layout of the published one: `dataset.json`, `images/`, and `data.csv` last. The same
 * fruits and seed give the same dataset, on one platform to the byte.
 * @returns how many photographs were written
 * @throws InvalidInputError for too few fruits
 */
export async function writeSample(
  store: ObjectStore,
  { fruits, seed, prefix = "", onProgress }: SampleOptions,
): Promise<number> {
  const sources = chooseFruits(fruits, seed);
  const total = 2 * sources.reduce((sum, { days }) => sum + days.length, 0);
  await writeJson(store, `${prefix}dataset.json`, {
    source: sampleSource(seed),
    title: `Synthetic sample: avocados rendered from a model of ripening, seed ${seed}. These are not photographs.`,
    licence: "MIT",
  });
  const lines = ["File Name,Time Stamp,Storage Group,Sample,Day of Experiment,Ripening Index Classification"];
  let written = 0;
  for (const fruit of sources) {
    const shots = takeShots(fruit, seed);
    lines.push(...shots.map(({ line }) => line));
    const textures = { a: createTexture(fruit, seed, "a"), b: createTexture(fruit, seed, "b") };
    await pMap(
      shots,
      async ({ name, side, ripeness }) => {
        const pixels = renderPhotograph(fruit, textures[side], ripeness, `${seed}/${name}`);
        const raw = { width: photographSize, height: photographSize, channels: 3 } as const;
        await store.write(`${prefix}images/${name}.jpg`, await sharp(pixels, { raw }).jpeg({ quality: 88 }).toBuffer());
        written++;
        onProgress?.(written, total);
      },
      { concurrency: 4 },
    );
  }
  await store.write(`${prefix}data.csv`, `${lines.join("\n")}\n`, "text/csv");
  return written;
}

/**
 * The fruits of a sample, numbered from 1. The split follows from the number, so where a part would get too few, the last fruits of the
 * largest part give way to later numbers.
 * @throws InvalidInputError
 */
export function chooseFruits(count: number, seed: number): Fruit[] {
  const least = minFruitsPerSplit * splits.length;
  if (!Number.isInteger(count) || count < least || count > 10_000) {
    throw new InvalidInputError(`A sample has from ${least} to 10000 fruits, not ${count}`);
  }
  if (!Number.isInteger(seed) || seed < 0) throw new InvalidInputError(`A seed is a whole number from 0, not ${seed}`);
  const splitOf = (number: number) => splitOfFruit(sampleSource(seed), String(number));
  const chosen = new Set(Array.from({ length: count }, (_, i) => i + 1));
  const membersOf = (split: string) => [...chosen].filter((number) => splitOf(number) === split);
  for (let next = count + 1; ; next++) {
    const short = splits.filter((split) => membersOf(split).length < minFruitsPerSplit);
    if (short.length === 0) break;
    if (!short.includes(splitOf(next))) continue;
    const largest = splits.map(membersOf).reduce((a, b) => (b.length > a.length ? b : a));
    chosen.delete(largest.at(-1) ?? 0);
    chosen.add(next);
  }
  // The first fruits of each part reach stage 5, so that every part has labels.
  const labelled = new Set(splits.flatMap((split) => membersOf(split).slice(0, minFruitsPerSplit)));
  return [...chosen].sort((a, b) => a - b).map((number) => createFruit(seed, String(number), !labelled.has(number)));
}

const firstDay = Date.UTC(2022, 3, 4);

/** Both sides on each of the fruit's days, some seconds apart. */
function takeShots(fruit: Fruit, seed: number) {
  const { sample, storageGroup } = fruit;
  return fruit.days.flatMap((day) => {
    const random = createRandom("day", seed, sample, day);
    // The hour moves the label but not the day's ripeness: people look once a day.
    const time = firstDay + (day - 1) * 86_400_000 + Math.round(random.uniform(10, 19) * 3600) * 1000;
    const ripeness = fruit.ripeness(day);
    const stage = stageOf(ripeness);
    return (["a", "b"] as const).map((side, i) => {
      const at = new Date(time + i * Math.round(random.uniform(5, 15)) * 1000);
      const stamp = at.toISOString().slice(0, 19).replace("T", " ");
      const name = `${storageGroup}_d${String(day).padStart(2, "0")}_${sample.padStart(3, "0")}_${side}_${stage}`;
      return { name, side, ripeness, line: [name, stamp, storageGroup, sample, day, stage].join(",") };
    });
  });
}
