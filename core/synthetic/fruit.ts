import type { StorageGroup } from "../contracts/dataset.ts";
import { createRandom } from "./random.ts";

/**
 * How fruits ripen in a storage group: through the stages of the published data in half the time, as at the end of a season. A
 * model of the published photographs is wrong about them by as much, so that training on a sample has something to gain.
 * Days count from 1.
 */
interface GroupModel {
  storageGroup: StorageGroup;
  /** Share of the fruits. */
  share: number;
  /** Days until stage 5: mean and standard deviation over fruits. */
  life: [mean: number, deviation: number];
  /** Parts of that life at which stages 2, 3 and 4 begin. */
  stages: [number, number, number];
  lastDay: number;
}

const groups: GroupModel[] = [
  { storageGroup: "T10", share: 0.4, life: [10.5, 1], stages: [0.38, 0.53, 0.78], lastDay: 14 },
  { storageGroup: "T20", share: 0.3, life: [4.8, 0.45], stages: [0.16, 0.36, 0.62], lastDay: 7 },
  { storageGroup: "Tam", share: 0.3, life: [4.4, 0.45], stages: [0.1, 0.25, 0.5], lastDay: 7 },
];

/** One avocado: what stays the same on all its photographs. */
export interface Fruit {
  sample: string;
  storageGroup: StorageGroup;
  /** Days at which it was photographed, ascending. */
  days: number[];
  /** Ripeness on a day as a continuous stage: 1 begins at 1.0, over-ripe at 5.0, and it goes on. */
  ripeness(day: number): number;
  /** Half height and half width on a photograph, in pixels of 320. */
  height: number;
  width: number;
  /** How much narrower it is at the stem, and how far its axis bends. */
  neck: number;
  bend: number;
  /** Height of the bumps, and their distance in pixels. */
  roughness: number;
  grain: number;
  /** Factors on red, green and blue of the unripe skin. */
  tint: [number, number, number];
  /** How unevenly it colours, and how far it is ahead of its stage in colour. */
  mottling: number;
  colourLead: number;
  /** Size of its corky scar, 0 for none. */
  scar: number;
}

/** Makes a fruit. `mayBeCensored`: it may be one of the few that never reach stage 5 while they are watched. */
export function createFruit(seed: number, sample: string, mayBeCensored: boolean): Fruit {
  const random = createRandom("fruit", seed, sample);
  // The golden ratio spreads the numbers evenly, so that a small sample has its share of each group.
  const draw = (createRandom("groups", seed).uniform(0, 1) + Number(sample) * 0.6180339887) % 1;
  const group =
    groups.find((_, i) => draw < groups.slice(0, i + 1).reduce((sum, { share }) => sum + share, 0)) ?? groups[0];
  if (!group) throw new Error("There is no storage group");
  const censored = random.uniform(0, 1) < 0.1 && mayBeCensored;
  const drawn = Math.max(random.normal(...group.life), group.life[0] / 2);
  const life = censored ? group.lastDay * random.uniform(1.15, 1.6) : Math.min(drawn, group.lastDay - 1.2);
  const begins = [0, ...group.stages, 1];
  const ripeness = (day: number) => {
    const part = (day - 1) / life;
    const stage = begins.findLastIndex((begin) => part >= begin);
    const [from = 0, to = 1.3] = [begins[stage], begins[stage + 1]];
    return 1 + stage + (part - from) / (to - from);
  };
  return {
    sample,
    storageGroup: group.storageGroup,
    days: chooseDays(random.uniform, group.lastDay, ripeness),
    ripeness,
    height: random.normal(97, 6),
    width: random.normal(65, 4),
    neck: random.uniform(0.05, 0.3),
    bend: random.normal(0, 4),
    roughness: random.uniform(0.5, 1.3),
    grain: random.uniform(6, 10),
    tint: [random.normal(1, 0.05), random.normal(1, 0.04), random.normal(1, 0.06)],
    mottling: random.uniform(0.25, 0.8),
    colourLead: random.normal(0, 0.18),
    scar: random.uniform(0, 1) < 0.3 ? random.uniform(0.15, 0.4) : 0,
  };
}

/** The stage that a person would note: 1 to 5. */
export function stageOf(ripeness: number): number {
  return Math.min(5, Math.floor(ripeness));
}

/** About half the days before stage 5, its first day (the label hangs on it), and one or two after. */
function chooseDays(
  uniform: (low: number, high: number) => number,
  lastDay: number,
  ripeness: (day: number) => number,
) {
  const all = Array.from({ length: lastDay }, (_, i) => i + 1);
  const end = all.findIndex((day) => ripeness(day) >= 5);
  const before = end < 0 ? all : all.slice(0, end);
  const wanted = 4 + Math.round(uniform(0, 1));
  const step = before.length / wanted;
  const days = Array.from({ length: wanted }, (_, i) => before[Math.floor((i + uniform(0, 0.999)) * step)] ?? 1);
  const after = end < 0 ? [] : all.slice(end, end + 1 + Math.round(uniform(0, 1)));
  return [...new Set([...days, ...after])].sort((a, b) => a - b);
}
