import type { Context } from "aws-lambda";
import { afterEach, describe, expect, it, vi } from "vitest";
import { handler as assembleDataset } from "../../../lambdas/assemble-dataset/handler.ts";
import { handler as fetchData } from "../../../lambdas/fetch-data/handler.ts";
import { handler as findDataset } from "../../../lambdas/find-dataset/handler.ts";
import { handler as planDataset } from "../../../lambdas/plan-dataset/handler.ts";
import { handler as preprocessShard } from "../../../lambdas/preprocess-shard/handler.ts";

vi.hoisted(() => vi.stubEnv("POWERTOOLS_LOG_LEVEL", "SILENT"));
const context = {} as Context;
const fetched = { version: "v", prefix: "p/", rows: 1, photographs: 1, problems: {}, problemsKey: "k" };
afterEach(() => vi.unstubAllEnvs());

describe.each([
  ["fetch-data", fetchData, { executionArn: "arn" }, { data: 1 }],
  ["plan-dataset", planDataset, { fetched }, { fetched: { ...fetched, rows: "many" } }],
  ["preprocess-shard", preprocessShard, { version: "v", first: 0, last: 0 }, { version: "v", first: 0.5, last: 1 }],
  ["assemble-dataset", assembleDataset, { version: "v" }, {}],
  ["find-dataset", findDataset, {}, "nothing"],
] as const)("%s", (_name, handler, right, wrong) => {
  it("rejects a wrong event by the name that the state machine does not retry", async () => {
    await expect(handler(wrong, context)).rejects.toMatchObject({ name: "InvalidInput" });
  });

  it("names the environment variables that are missing", async () => {
    vi.stubEnv("DATA_BUCKET", undefined);
    await expect(handler(right, context)).rejects.toThrow(/environment is incomplete[\s\S]*DATA_BUCKET/);
  });
});
