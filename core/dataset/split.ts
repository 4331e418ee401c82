import { createHash } from "node:crypto";
import { type Split, splits } from "../contracts/dataset.ts";
import { InvalidDatasetError } from "../errors.ts";

/** Fruits that each part needs for its figures to mean anything. */
export const minFruitsPerSplit = 2;

/**
 * The part that a fruit belongs to, fixed permanently and the same in every version of the dataset: the first 8 bytes of
 * sha256(`<source>:<sample>`), big-endian, modulo 100; below 15 test, below 30 validation, else train.
 */
export function splitOfFruit(source: string, sample: string): Split {
  const hash = createHash("sha256").update(`${source}:${sample}`).digest();
  const place = hash.readBigUInt64BE() % 100n;
  if (place < 15n) return "test";
  return place < 30n ? "validation" : "train";
}

/** How many fruits each part has. */
export function countFruits(rows: Iterable<{ sample: string; split: Split }>): Record<Split, number> {
  const fruits: Record<Split, Set<string>> = { train: new Set(), validation: new Set(), test: new Set() };
  for (const { sample, split } of rows) fruits[split].add(sample);
  return { train: fruits.train.size, validation: fruits.validation.size, test: fruits.test.size };
}

/** Rejects a dataset with too few fruits in a part. @throws InvalidDatasetError saying how many there are */
export function checkFruits(counts: Record<Split, number>): void {
  if (splits.every((split) => counts[split] >= minFruitsPerSplit)) return;
  const found = splits.map((split) => `${counts[split]} for ${split}`).join(", ");
  throw new InvalidDatasetError(
    `Too few fruits: ${found}; each part needs at least ${minFruitsPerSplit}. A fruit's part follows from its Sample, so ` +
      "add photographs of more fruits (30 or more are enough as a rule).",
  );
}
