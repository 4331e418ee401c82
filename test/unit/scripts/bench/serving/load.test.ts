import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { measureLoad, median, percentile } from "../../../../../scripts/bench/serving/load.ts";

it("keeps as many questions open as it is told, each about the next photograph", async () => {
  const asked: number[] = [];
  let [open, most] = [0, 0];
  const { latencies, perSecond } = await measureLoad(
    async (photograph) => {
      asked.push(photograph);
      most = Math.max(most, ++open);
      await sleep(5);
      open--;
    },
    3,
    0.05,
  );
  expect(most).toBe(3);
  expect(asked).toEqual(asked.map((_, i) => i));
  expect(latencies).toHaveLength(asked.length);
  expect(perSecond).toBeGreaterThan(0);
});

it("asks once on each lane, however short the time", async () => {
  const { latencies } = await measureLoad(() => sleep(5), 4, 0);
  expect(latencies).toHaveLength(4);
});

it.each([
  [50, 3],
  [95, 5],
  [1, 1],
])("finds the %dth percentile by nearest rank", (percent, value) => {
  expect(percentile([5, 1, 4, 2, 3], percent)).toBe(value);
});

it.each([
  [[3], 3],
  [[9, 1], 5],
  [[7, 1, 2], 2],
  [[4, 1, 100, 2], 3],
])("finds the median of %j", (values, value) => {
  expect(median(values)).toBe(value);
});
