import { Metrics } from "@aws-lambda-powertools/metrics";
import { afterEach, expect, it, vi } from "vitest";
import type { Observer } from "../../../../api/observer.ts";
import { RequestMetrics } from "../../../../api/request-metrics.ts";
import { reportTo } from "../../../../lambdas/predict/metrics.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function publish(act: (metrics: RequestMetrics, observer: Observer) => void | Promise<void>) {
  const lines: Record<string, unknown>[] = [];
  // Powertools writes to a console of its own unless it is told to use the process's.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "false");
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(JSON.parse(line)));
  const observer = reportTo(new Metrics({ namespace: "Avocado", serviceName: "predict" }));
  return Promise.resolve(act(new RequestMetrics(observer), observer)).then(() => lines);
}

/** What CloudWatch takes for dimensions of a line's metrics. */
const dimensions = (line: Record<string, unknown> = {}) =>
  (line._aws as { CloudWatchMetrics: { Dimensions: string[][] }[] }).CloudWatchMetrics[0]?.Dimensions;

it("tells CloudWatch latency by phase, for all versions of the model together", async () => {
  const [line] = await publish(async (metrics) => {
    await metrics.time("parse", () => undefined);
    await metrics.time("infer", () => undefined);
    metrics.recordPrediction("7", [1]);
  });
  expect(dimensions(line)).toEqual([["service"]]);
  expect(line).toMatchObject({ service: "predict", modelVersion: "7" });
  expect(line?.parseLatency).toBeGreaterThanOrEqual(0);
  expect(line?.inferLatency).toBeGreaterThanOrEqual(0);
  expect(line).not.toHaveProperty("fetchLatency");
});

it("tells every predicted number of days, by version of the model", async () => {
  const [, line, ...more] = await publish(async (metrics) => {
    await metrics.time("infer", () => undefined);
    metrics.recordPrediction("7", [0.2, 2.5, 40]);
  });
  expect(more).toEqual([]);
  expect(dimensions(line)).toEqual([["service", "modelVersion"]]);
  expect(line).toMatchObject({ modelVersion: "7", predictions: 3, estimatedDays: [0.2, 2.5, 40] });
});

it("counts the longest of several that run at once", async () => {
  const [line] = await publish(async (metrics) => {
    const wait = (milliseconds: number) =>
      metrics.time("decode", () => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)));
    await Promise.all([wait(60), wait(5)]);
    metrics.recordPrediction("7", [1]);
  });
  expect(line?.decodeLatency).toBeGreaterThan(50);
  expect(line?.decodeLatency).toBeLessThan(1_000);
});

it("counts a rejection by its reason", async () => {
  const [line] = await publish((_, observer) => observer.rejected?.("NoImages"));
  expect(line).toMatchObject({ reason: "NoImages", rejected: 1 });
});

it("counts a champion that could not be loaded", async () => {
  const [line] = await publish((_, observer) => observer.modelReloadFailed?.());
  expect(line).toMatchObject({ service: "predict", modelReloadFailed: 1 });
});
