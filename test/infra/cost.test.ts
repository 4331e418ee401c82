import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import type { Load } from "../../cli/commands/cost/charge.ts";
import { command } from "../../cli/commands/cost/declaration.ts";
import { type Estimate, estimateCost, estimateResources, sumLine } from "../../cli/commands/cost/estimate.ts";
import { prices } from "../../cli/commands/cost/prices.ts";
import { readCloudConfig } from "../../cli/commands/cost/synthesise.ts";

const used: Load = { predictions: 100_000, retrainings: 4, strategy: "ecs" };
const estimates = new Map<string, Estimate>();

/** An estimate of stage `dev` with other settings, made once. */
function estimateDev(settings: Record<string, unknown> = {}, load: Load = used): Estimate {
  const key = JSON.stringify([settings, load]);
  const known = estimates.get(key) ?? estimateCost(readCloudConfig("dev", settings), load);
  estimates.set(key, known);
  return known;
}

/** The lines that differ between two estimates. */
function movedLines(one: Estimate, other: Estimate): string[] {
  const sums = ({ lines }: Estimate) => new Map(lines.map((line) => [line.item, sumLine(line)]));
  const [before, after] = [sums(one), sums(other)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((item) => Math.abs((before.get(item) ?? 0) - (after.get(item) ?? 0)) > 1e-9)
    .sort();
}

describe("a setting moves exactly its line", () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ["memory of predictions", { predict: { memoryMegabytes: 2048 } }, ["Lambda predict"]],
    ["traces of requests", { predict: { tracing: true } }, ["traces"]],
    ["architecture of predictions", { predict: { architecture: "arm64" } }, ["Lambda predict"]],
    ["CPU of MLflow", { registry: { cpu: 256 } }, ["MLflow, CPU"]],
    ["memory of MLflow", { registry: { memoryMegabytes: 2048 } }, ["MLflow, memory"]],
    ["CPU of the trainer", { trainer: { cpu: 2048 } }, ["trainer, CPU"]],
    ["memory of the trainer", { trainer: { memoryMegabytes: 8192 } }, ["trainer, memory"]],
    [
      "a database that pauses later",
      { database: { pauseAfterMinutes: 60 } },
      ["database", "database, while its password changes"],
    ],
    ["the largest size of the database", { database: { maxCapacity: 8 } }, []],
  ])("%s", (_, settings, lines) => {
    expect(movedLines(estimateDev(), estimateDev(settings))).toEqual(lines);
  });

  it("by as much as the setting says", () => {
    const item = ({ lines }: Estimate) => lines.find((line) => line.item === "Lambda predict")?.predictions ?? 0;
    const [large, small] = [estimateDev(), estimateDev({ predict: { memoryMegabytes: 1504 } })].map(item);
    const requests = 100_000 * prices.lambdaRequest.dollars;
    expect((large ?? 0) - requests).toBeCloseTo(2 * ((small ?? 0) - requests), 6);
  });
});

describe("every resource", () => {
  it.each<[string, Record<string, unknown>]>([
    ["dev", {}],
    ["prod", {}],
    [
      "prod",
      { region: "us-east-1", edge: {}, predict: { provisionedConcurrency: 1 }, notificationEmails: ["a@example.com"] },
    ],
    ["prod", { predict: { jwt: { issuer: "https://example.com", audience: ["a"] } }, rawDataSecret: "raw" }],
    [
      "prod",
      { domain: { name: "a.example.com", certificateArn: "arn:aws:acm:us-east-1:111122223333:certificate/1-a" } },
    ],
  ])("of stage %s with %j has a price, or a reason to have none", (stage, settings) => {
    const { lines } = estimateCost(readCloudConfig(stage, settings), used);
    expect(lines.every((line) => Number.isFinite(sumLine(line)) && sumLine(line) >= 0)).toBe(true);
  });

  it("of a type that nobody has priced is an error", () => {
    const nat = { id: "Nat", type: "AWS::EC2::NatGateway", properties: {}, neighbours: new Map() };
    expect(() => estimateResources("dev", [nat], used)).toThrow("AWS::EC2::NatGateway (Nat) has no price");
  });

  it("that is a Lambda nobody has described is an error", () => {
    const properties = { FunctionName: "avocado-dev-new-step", MemorySize: 256 };
    const lambda = { id: "New", type: "AWS::Lambda::Function", properties, neighbours: new Map() };
    expect(() => estimateResources("dev", [lambda], used)).toThrow("Lambda new-step is new");
  });
});

describe("the strategies", () => {
  it("pay for the trainer that they use", () => {
    const trainers = (strategy: Load["strategy"]) =>
      estimateDev(strategy === "sagemaker" ? { sagemaker: {} } : {}, { ...used, strategy })
        .lines.filter(({ item, retrainings }) => /^(trainer|SageMaker)/.test(item) && retrainings > 0)
        .map(({ item }) => item.split(",")[0]);
    expect(new Set(trainers("ecs"))).toEqual(new Set(["trainer"]));
    expect(trainers("kaggle")).toEqual([]);
    expect(trainers("sagemaker")).toEqual(["SageMaker training job"]);
  });

  it("are there in stages that have them", () => {
    expect(() => estimateDev({}, { ...used, strategy: "sagemaker" })).toThrow("The stage has no strategy 'sagemaker'");
    const unknown = { sagemaker: { instanceType: "ml.p9.large" } };
    expect(() => estimateDev(unknown, { ...used, strategy: "sagemaker" })).toThrow("ml.p9.large has no price");
    expect(movedLines(estimateDev(), estimateDev({ sagemaker: {} }))).toEqual(["container images"]);
    const [t4, a10g] = ["ml.g4dn.xlarge", "ml.g5.xlarge"].map((instanceType) =>
      estimateDev({ sagemaker: { instanceType } }, { ...used, strategy: "sagemaker" }),
    );
    expect(movedLines(t4 as Estimate, a10g as Estimate)).toEqual(["SageMaker training job"]);
  });
});

it("has a source and a date for every price", () => {
  for (const { dollars, source, seen } of Object.values(prices)) {
    expect(dollars).toBeGreaterThan(0);
    expect(source).toMatch(/^https:\/\/|^from memory$/);
    expect(seen).toMatch(/^20\d\d-\d\d$/);
  }
});

describe("the aims", () => {
  const unused: Load = { predictions: 0, retrainings: 0, strategy: "ecs" };

  it("are an idle month below 3 dollars in dev, and below 15 in prod", () => {
    expect(estimateDev({}, unused).totals.idle).toBeLessThan(3);
    expect(estimateCost(readCloudConfig("prod"), unused).totals.idle).toBeLessThan(15);
  });

  it("are a million predictions below 10 dollars", () => {
    expect(estimateDev({}, { ...unused, predictions: 1_000_000 }).totals.predictions).toBeLessThan(10);
  });
});

describe("the documentation", () => {
  const page = readFileSync(new URL("../../docs/cost.md", import.meta.url), "utf8");
  const block = /```console\n\$ npm run cost -- (.+)\n[\s\S]*?```/g;

  it("shows what the command prints", async () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const blocks: string[] = [];
    for (const [, args = ""] of page.matchAll(block)) {
      write.mockClear();
      await command.parseAsync(args.split(" "), { from: "user" });
      blocks.push(`\`\`\`console\n$ npm run cost -- ${args}\n${write.mock.calls.join("")}\`\`\``);
    }
    write.mockRestore();
    const current = page.replace(block, () => blocks.shift() ?? "");
    await expect(withPrices(current)).toMatchFileSnapshot("../../docs/cost.md");
  });

  it("says in the README what an idle month costs", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const idle = (stage: string) =>
      estimateCost(readCloudConfig(stage), { ...used, predictions: 0, retrainings: 0 }).totals.idle.toFixed(2);
    expect(readme.replaceAll("\n", " ")).toContain(
      `${idle("dev")} dollars a month in \`dev\`, ${idle("prod")} in \`prod\``,
    );
  });
});

/** The page with its table of prices as they are in the code. */
function withPrices(page: string): string {
  const rows = Object.values(prices).map((price) => {
    const free = "free" in price ? price.free.toLocaleString("en") : "";
    const source = price.source.startsWith("http") ? `[${new URL(price.source).host}](${price.source})` : price.source;
    return [String(Number(price.dollars.toPrecision(6))), price.unit, free, source, price.seen];
  });
  const all = [["dollars", "unit", "free a month", "source", "seen"], ...rows];
  const widths = (all[0] ?? []).map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  const lines = [all[0] ?? [], widths.map((width) => "-".repeat(width)), ...rows].map(
    (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`,
  );
  return page.replace(/(<!-- prices -->\n\n)[\s\S]*?(\n\n<!-- \/prices -->)/, `$1${lines.join("\n")}$2`);
}
