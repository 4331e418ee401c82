import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { measureLoad } from "../../../../../scripts/bench/serving/load.ts";

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
