import { expect, it, vi } from "vitest";
import { measureRound, summarise } from "../../../../../scripts/bench/serving/figures.ts";
import type { BenchmarkTarget } from "../../../../../scripts/bench/serving/target.ts";

/** A target that takes so many milliseconds for each answer. */
function target(name: string, milliseconds: number) {
  const stop = vi.fn(async () => {});
  const measure = vi.fn(async (concurrency: number) => ({
    latencies: [1, 1, 2, 4].map((factor) => factor * milliseconds),
    perSecond: (1000 * concurrency) / milliseconds,
  }));
  const start = vi.fn(async () => ({ pid: process.pid, days: 3, measure, stop }));
  return { name, given: "nothing", start, measure, stop };
}
const quiet = () => {};

it("measures targets in turns, one concurrency after the other, and stops them", async () => {
  const [quick, slow] = [target("quick", 2), target("slow", 10)];
  const [measured] = await measureRound([quick, slow], 1, quiet);
  expect(measured?.figures).toMatchObject({
    p50Milliseconds: 3,
    p95Milliseconds: expect.closeTo(7.4),
    p99Milliseconds: expect.closeTo(7.88),
  });
  expect(measured?.figures).toMatchObject({ perSecondAt1: 500, perSecondAt4: 2000, perSecondAt16: 8000 });
  const order = [quick, slow].map(({ measure }) => measure.mock.invocationCallOrder);
  expect(order.flat().toSorted((a, b) => a - b)).toEqual(order[0]?.flatMap((first, i) => [first, order[1]?.[i]]));
  expect(quick.measure.mock.calls.map(([concurrency]) => concurrency)).toEqual([4, 1, 4, 16]);
  expect(quick.stop).toHaveBeenCalledOnce();
  expect(slow.stop).toHaveBeenCalledOnce();
});

it("stops those that run when one does not start", async () => {
  const good = target("good", 1);
  const bad: BenchmarkTarget = { ...target("bad", 1), start: () => Promise.reject(new Error("no port")) };
  await expect(measureRound([good, bad], 1, quiet)).rejects.toThrow("no port");
  expect(good.stop).toHaveBeenCalledOnce();
});

it("gives medians of the rounds and of each round's ratios, above 1 where the first does better", () => {
  const round = (...rows: [latency: number, perSecond: number][]) =>
    rows.map(([p50Milliseconds, perSecondAt16]) => ({ figures: { p50Milliseconds, perSecondAt16 }, days: 3 }));
  const rounds = [round([2, 90], [20, 10]), round([4, 80], [80, 10]), round([3, 60], [33, 10])];
  const [own, other] = summarise([target("own", 1), target("other", 1)], rounds);
  expect(own).toMatchObject({ name: "own", figures: { p50Milliseconds: 3 }, ratios: { p50Milliseconds: 1 } });
  expect(other?.figures).toEqual({ p50Milliseconds: 33, perSecondAt16: 10 });
  expect(other?.ratios).toEqual({ p50Milliseconds: 11, perSecondAt16: 8 });
});
