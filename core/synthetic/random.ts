import { createHash } from "node:crypto";

/** A stream of random numbers. */
export interface Random {
  /** Evenly from `low` to `high`. */
  uniform(low: number, high: number): number;
  normal(mean: number, deviation: number): number;
}

/** Random numbers that follow from a key alone, so that adding a fruit changes no other. */
export function createRandom(...key: (string | number)[]): Random {
  const hash = createHash("sha256").update(JSON.stringify(key)).digest();
  let [a, b, c, counter] = [hash.readUInt32LE(0), hash.readUInt32LE(4), hash.readUInt32LE(8), 1];
  // sfc32, by Chris Doty-Humphrey (PractRand, public domain)
  const next = () => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return {
    uniform: (low, high) => low + (high - low) * next(),
    normal: (mean, deviation) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
