import { listAlternatives } from "./alternatives.ts";
import { type Charge, idle, type Load, type Part, type Pricer, type Resource } from "./charge.ts";
import { free } from "./free.ts";
import { priceAlias, priceEventSource, priceFunction, priceRule } from "./lambdas.ts";
import { type PriceName, prices } from "./prices.ts";
import {
  priceApi,
  priceBucket,
  priceCluster,
  priceDistribution,
  priceFirewall,
  priceStateMachine,
} from "./services.ts";
import { type CloudConfig, synthesiseResources } from "./synthesise.ts";
import { priceService, priceTask } from "./tasks.ts";
import { priceSageMaker } from "./training-jobs.ts";

/** A line of the table: US dollars a month. */
export interface Line {
  item: string;
  idle: number;
  predictions: number;
  retrainings: number;
  /** What it is made of, so that it can be checked. */
  charges: Charge[];
}

/** What a stage costs in a month, in US dollars. */
export interface Estimate {
  stage: string;
  load: Load;
  lines: Line[];
  totals: Record<Part, number>;
  /** Everything together, less what AWS gives every account: of use where the account has nothing else. */
  afterAllowances: number;
  alternatives: { name: string; lines: Line[]; total: number }[];
  /** Types of resources that cost nothing, with the reason. */
  free: Record<string, string>;
}

const pricers: Readonly<Record<string, Pricer>> = {
  "AWS::ApiGatewayV2::Api": priceApi,
  "AWS::CloudFront::Distribution": priceDistribution,
  "AWS::CloudWatch::Alarm": () => [idle("alarms", "alarm", 1)],
  "AWS::ECS::Service": priceService,
  "AWS::ECS::TaskDefinition": priceTask,
  "AWS::Events::Rule": priceRule,
  "AWS::Lambda::Alias": priceAlias,
  "AWS::Lambda::EventSourceMapping": priceEventSource,
  "AWS::Lambda::Function": priceFunction,
  "AWS::RDS::DBCluster": priceCluster,
  "AWS::S3::Bucket": priceBucket,
  "AWS::SecretsManager::Secret": () => [idle("secrets", "secret", 1)],
  "AWS::ServiceDiscovery::PrivateDnsNamespace": () => [idle("private DNS zone", "zone", 1)],
  "AWS::StepFunctions::StateMachine": priceStateMachine,
  "AWS::WAFv2::WebACL": priceFirewall,
};

/** What a month of nothing but the given load costs in a stage. @throws Error for a resource without a price */
export function estimateCost(config: CloudConfig, load: Load): Estimate {
  const resources = synthesiseResources(config);
  return estimateResources(config.stage, resources, load);
}

/** The same of resources of a template. @throws Error naming the type that has no price and is not listed as free */
export function estimateResources(stage: string, resources: Resource[], load: Load): Estimate {
  const charges = resources.flatMap((resource) => {
    const pricer = pricers[resource.type];
    if (!pricer && !free[resource.type]) {
      throw new Error(
        `${resource.type} (${resource.id}) has no price: add one, or a reason to cli/commands/cost/free.ts`,
      );
    }
    return pricer?.(resource, load) ?? [];
  });
  // A training job is not a resource of the template: it comes and goes with the retraining.
  charges.push(...priceSageMaker(resources, load));
  const lines = toLines(charges);
  const types = [...new Set(resources.map(({ type }) => type))].filter((type) => free[type]).sort();
  return {
    stage,
    load,
    lines,
    totals: {
      idle: sum(lines, "idle"),
      predictions: sum(lines, "predictions"),
      retrainings: sum(lines, "retrainings"),
    },
    afterAllowances: subtractAllowances(charges),
    alternatives: listAlternatives(load, predictMemory(resources)).map(({ name, replaces, charges: instead }) => {
      const kept = charges.filter(({ item }) => !replaces.test(item));
      const others = toLines([...instead, ...kept]);
      return { name, lines: others, total: others.reduce((all, line) => all + sumLine(line), 0) };
    }),
    free: Object.fromEntries(types.map((type) => [type, free[type] as string])),
  };
}

function dollars({ price, quantity }: Charge): number {
  return prices[price].dollars * quantity;
}

/** A line for each item, the dearest first. */
function toLines(charges: Charge[]): Line[] {
  const lines = [...Map.groupBy(charges, ({ item }) => item)].map(([item, own]) => {
    const of = (part: Part) => own.filter((charge) => charge.part === part).reduce((all, one) => all + dollars(one), 0);
    return { item, idle: of("idle"), predictions: of("predictions"), retrainings: of("retrainings"), charges: own };
  });
  return lines.sort((a, b) => sumLine(b) - sumLine(a));
}

/** GB of memory of the Lambda that predicts. */
function predictMemory(resources: Resource[]): number {
  const found = resources.find(({ properties }) => String(properties.FunctionName).endsWith("-predict"));
  return (found?.properties.MemorySize ?? 0) / 1024;
}

/** All of a line, in US dollars a month. */
export function sumLine(line: Line): number {
  return line.idle + line.predictions + line.retrainings;
}

function sum(lines: Line[], part: Part): number {
  return lines.reduce((all, line) => all + line[part], 0);
}

function subtractAllowances(charges: Charge[]): number {
  return [...Map.groupBy(charges, ({ price }) => price)].reduce((all, [price, own]) => {
    const used = own.reduce((quantity, charge) => quantity + charge.quantity, 0);
    return all + Math.max(0, used - allowance(price)) * prices[price].dollars;
  }, 0);
}

function allowance(name: PriceName): number {
  const price = prices[name];
  return "free" in price ? price.free : 0;
}
