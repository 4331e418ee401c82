import { metricNames, metricNamespace } from "../../core/contracts/metrics.ts";
import type { StageConfig } from "../config.ts";
import type { Alarms } from "./alarms.ts";

const twice = { datapointsToAlarm: 2, of: 3 };

/** Alarms of the predict API: it fails, it is slow, it does not load the champion. */
export function addServingAlarms(alarms: Alarms, config: StageConfig, apiId: string): void {
  const gateway = { namespace: "AWS/ApiGateway", dimensions: { ApiId: apiId } };
  alarms.add({
    ...gateway,
    name: "api-errors",
    meaning: "5 % of the API's answers or more are 5xx.",
    metric: "5xx",
    // Of a metric that is 0 or 1 for each request the average is the rate: so AWS documents it for REST APIs. If an HTTP API
    // sent nothing but the ones, any error would fire it.
    statistic: "Average",
    threshold: 0.05,
    periods: twice,
  });
  const { p95Milliseconds, p99Milliseconds } = config.predict.latencyAlarm;
  for (const [statistic, threshold] of [
    ["p95", p95Milliseconds],
    ["p99", p99Milliseconds],
  ] as const) {
    alarms.add({
      ...gateway,
      name: `api-latency-${statistic}`,
      meaning: `The API is slow: ${statistic} of its latency is ${threshold} ms or more.`,
      metric: "Latency",
      statistic,
      threshold,
      periods: { datapointsToAlarm: 3, of: 3 },
    });
  }
  const predict = { namespace: "AWS/Lambda", dimensions: { FunctionName: `avocado-${config.stage}-predict` } };
  alarms.add({
    ...predict,
    name: "predict-crashes",
    meaning: "The predict Lambda crashed, ran out of memory or took longer than 29 s, more than once.",
    metric: "Errors",
    statistic: "Sum",
    threshold: 1,
    periods: twice,
  });
  alarms.add({
    ...predict,
    name: "predict-throttled",
    meaning: "Requests were turned away, for the account's concurrency of Lambdas is used up.",
    metric: "Throttles",
    statistic: "Sum",
    threshold: 1,
    periods: twice,
  });
  alarms.add({
    name: "champion-load-failed",
    meaning: "Instances of the API cannot load the published champion and go on with the model before.",
    namespace: metricNamespace(config.stage),
    metric: metricNames.modelReloadFailed,
    dimensions: { service: "predict" },
    statistic: "Sum",
    threshold: 1,
    // Requests may be rare, and one failed look is made good by the next.
    periods: { datapointsToAlarm: 2, of: 12 },
  });
}
