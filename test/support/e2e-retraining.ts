import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Report } from "../../cli/executions/report.ts";
import { createMlflowClient } from "../../core/mlflow/client.ts";
import { runsOfExecution } from "../../core/run-tags.ts";
import type { LocalStack } from "../../local/stack.ts";

/** How often the API answered while something went on, by version; anything but an answer counts by its status. */
async function servedDuring(api: string, work: Promise<unknown>): Promise<Record<string, number>> {
  const served: Record<string, number> = {};
  let over = false;
  void work.finally(() => {
    over = true;
  });
  do {
    const answer = await fetch(`${api}/health`);
    const by = answer.ok ? ((await answer.json()) as { model: { version: string } }).model.version : answer.status;
    served[by] = (served[by] ?? 0) + 1;
    await sleep(over ? 0 : 500);
  } while (!over);
  return served;
}

async function phasesOf({ mlflow }: LocalStack, { executionArn }: Report, tag: string) {
  const runs = await runsOfExecution(createMlflowClient({ trackingUri: mlflow.url }), executionArn);
  return Object.fromEntries(runs.map((run) => [run.tags[tag] ?? "", run]));
}

/** Expects that version 1 was trained in two phases, promoted and served. `tag`: what names a run's phase. */
export async function expectPromotion(stack: LocalStack, report: Report, tag: string): Promise<void> {
  expect(report.reason).toMatch(/^Version 1 is promoted/);
  expect(report).toMatchObject({ status: "SUCCEEDED", promoted: true, prediction: { model: { version: "1" } } });
  const { head, finetune } = await phasesOf(stack, report, tag);
  expect(head).toMatchObject({ status: "FINISHED", metrics: { val_loss: expect.any(Number) } });
  expect(finetune).toMatchObject({
    status: "FINISHED",
    runId: report.runId,
    metrics: { test_mse: expect.any(Number) },
  });
}

/** Expects that an execution fails for this reason and says so in both of its runs, and that version 1 serves meanwhile. */
export async function expectFailure(
  stack: LocalStack,
  execution: Promise<Report>,
  reason: RegExp,
  tag: string,
  annotate: (text: string) => unknown = () => {},
): Promise<void> {
  const served = await servedDuring(stack.urls.api, execution);
  const report = await execution;
  await annotate(`${report.reason}\nMeanwhile the API answered, by version: ${JSON.stringify(served)}`);
  expect(report).toMatchObject({ status: "FAILED", reason: expect.stringMatching(reason), promoted: false });
  expect(served).toEqual({ "1": expect.any(Number) });
  const runs = Object.values(await phasesOf(stack, report, tag));
  expect(runs.map(({ status }) => status)).toEqual(["FAILED", "FAILED"]);
  for (const { tags } of runs) expect(`${tags["failure.error"]}: ${tags["failure.reason"]}`).toMatch(reason);
}
