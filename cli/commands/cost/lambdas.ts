import { callSeconds, hoursAMonth, imageSizes, logs, metricsInUse, prediction } from "./assumptions.ts";
import {
  type Charge,
  idle,
  type Load,
  type Pricer,
  perPrediction,
  perRetraining,
  referred,
  useInRetraining,
} from "./charge.ts";

/** A function: its compute time for predictions or retrainings, its image, and what it logs. */
export const priceFunction: Pricer = ({ properties }, load) => {
  const program = programOf(properties);
  const use = useInRetraining(program, load.strategy);
  const seconds = callSeconds[program];
  if (!use && seconds === undefined) {
    throw new Error(`Lambda ${program} is new: say in cli/commands/cost/assumptions.ts how it is used`);
  }
  const item = `Lambda ${program}`;
  const compute = (properties.Architectures ?? []).includes("arm64") ? "lambdaArmCompute" : "lambdaCompute";
  if (use) {
    return [
      perRetraining(load, item, compute, use.calls * use.seconds * gigabytes(properties)),
      perRetraining(load, item, "lambdaRequest", use.calls),
    ];
  }
  const image = imageSizes[program];
  return [
    ...(image !== undefined ? [idle("container images", "ecrStorage", image)] : []),
    ...(program === "predict" ? pricePredictions(item, compute, properties, load) : []),
  ];
};

function pricePredictions(
  item: string,
  compute: "lambdaCompute" | "lambdaArmCompute",
  // biome-ignore lint/suspicious/noExplicitAny: templates have no types
  properties: any,
  load: Load,
): Charge[] {
  const { predictions } = load;
  const traced = properties.TracingConfig?.Mode === "Active" ? sampled(predictions) : 0;
  // A metric is paid for in the hours in which it is sent; with few requests none falls into the same hour.
  const hours = Math.min(predictions, hoursAMonth) / hoursAMonth;
  return [
    perPrediction(load, item, compute, (callSeconds.predict ?? 0) * gigabytes(properties)),
    perPrediction(load, item, "lambdaRequest", 1),
    perPrediction(load, "logs", "logs", prediction.logs),
    { item: "metrics", part: "predictions", price: "metric", quantity: metricsInUse * hours },
    { item: "traces", part: "predictions", price: "trace", quantity: traced },
  ];
}

/** X-Ray takes one request a second and 5 % of the others; spread evenly, that is all of them up to one a second. */
function sampled(requests: number): number {
  const first = Math.min(requests, hoursAMonth * 3600);
  return first + 0.05 * (requests - first);
}

/** Instances that are always warm. What they then compute costs less. */
export const priceAlias: Pricer = (alias, load) => {
  const instances = alias.properties.ProvisionedConcurrencyConfig?.ProvisionedConcurrentExecutions ?? 0;
  const handler = referred(alias, alias.properties.FunctionName);
  if (!instances || !handler) return [];
  const { properties } = handler;
  const item = `Lambda ${programOf(properties)}`;
  const month = hoursAMonth * 3600 * gigabytes(properties);
  const computed = (callSeconds[programOf(properties)] ?? 0) * gigabytes(properties);
  return [
    idle(`${item}, always warm`, "lambdaProvisioned", instances * month),
    perPrediction(load, item, "lambdaCompute", -computed),
    perPrediction(load, item, "lambdaProvisionedCompute", computed),
  ];
};

/** A rule that starts a function by the clock. One that waits for events of AWS's own costs nothing. */
export const priceRule: Pricer = (rule) => {
  const { ScheduleExpression: expression, Targets: targets } = rule.properties;
  if (!expression) return [];
  const calls = callsAMonth(expression);
  return (targets as { Arn: object }[]).flatMap(({ Arn }) => {
    const handler = referred(rule, Arn);
    if (handler?.type !== "AWS::Lambda::Function") return [];
    const program = programOf(handler.properties);
    const item = `Lambda ${program}`;
    return [
      idle(item, "lambdaCompute", calls * (callSeconds[program] ?? 0) * gigabytes(handler.properties)),
      idle(item, "lambdaRequest", calls),
      idle("logs", "logs", calls * logs.call),
    ];
  });
};

/** How often `rate(15 minutes)` comes in a month. @throws Error for any other expression */
function callsAMonth(expression: string): number {
  const [, count = "", unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = { minute: 1, hour: 60, day: 1440 }[unit];
  if (!minutes) throw new Error(`How often is ${expression}?`);
  return (hoursAMonth * 60) / (Number(count) * minutes);
}

/** Lambda asks a queue five times at once, each time for 20 s, whether there is anything in it or not. */
export const priceEventSource: Pricer = () => [
  idle("asking the queue of new data", "queueRequest", (5 * hoursAMonth * 3600) / 20),
];

function programOf({ FunctionName }: { FunctionName: string }): string {
  return FunctionName.replace(/^avocado-[a-z0-9]+-/, "");
}

function gigabytes({ MemorySize }: { MemorySize: number }): number {
  return MemorySize / 1024;
}
