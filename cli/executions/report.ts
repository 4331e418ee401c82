import { z } from "zod";
import {
  datasetRef,
  deployment,
  evaluationResult,
  nothingTrained,
  trainingResult,
} from "../../core/contracts/pipeline.ts";
import { duration } from "../terminal/progress.ts";
import type { ExecutionEnd } from "./follow.ts";

/** The state machine's output when it succeeds. */
const executionOutput = z.object({
  dataset: datasetRef,
  training: trainingResult,
  evaluation: evaluationResult,
  deployment: deployment.nullable(),
});

/** What `npm start` prints at the end, as JSON (`--report`). */
export interface Report {
  status: string;
  executionArn: string;
  runId?: string;
  promoted: boolean;
  reason: string;
  challenger?: z.infer<typeof evaluationResult>["challenger"];
  champion?: z.infer<typeof evaluationResult>["champion"];
  dataset?: z.infer<typeof datasetRef>;
  /** As the API gave it, or its error. */
  prediction: unknown;
  urls: Record<string, string>;
  /** Seconds by step. */
  seconds: Record<string, number>;
}

/** Builds the report of an execution that has ended; `failedRun` is the MLflow run that its failure is recorded in. */
export function makeReport(
  executionArn: string,
  end: ExecutionEnd,
  prediction: unknown,
  urls: Record<string, string>,
  failedRun?: string,
): Report {
  const other = nothingTrained.safeParse(end.output).data;
  const output = end.status === "SUCCEEDED" && !other ? executionOutput.parse(end.output) : undefined;
  const seconds = secondsByStep(end);
  if (other) {
    const status = other.outcome === "DryRun" ? "DRY_RUN" : "NOT_STARTED";
    return { status, executionArn, promoted: false, reason: other.reason, prediction, urls, seconds };
  }
  if (!output) {
    const reason = [end.error, end.cause].filter(Boolean).join(": ") || `The execution ended as ${end.status}.`;
    const run = failedRun === undefined ? {} : { runId: failedRun };
    return { status: end.status, executionArn, ...run, promoted: false, reason, prediction, urls, seconds };
  }
  const { evaluation, training, dataset } = output;
  return {
    status: end.status,
    executionArn,
    runId: training.runId,
    promoted: evaluation.promoted,
    reason: evaluation.reason,
    challenger: evaluation.challenger,
    ...(evaluation.champion && { champion: evaluation.champion }),
    dataset,
    prediction,
    urls,
    seconds,
  };
}

/** Did the execution do what was requested? */
export function isSuccess({ status }: Report): boolean {
  return status === "SUCCEEDED" || status === "DRY_RUN";
}

/** A step that was entered several times counts with all of them. */
function secondsByStep({ steps }: ExecutionEnd): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { name, seconds = 0 } of steps) sums[name] = Number(((sums[name] ?? 0) + seconds).toFixed(2));
  return sums;
}

/** The report for people. */
export function printReport(report: Report): string {
  if (report.status === "NOT_STARTED" || report.status === "DRY_RUN") return report.reason;
  const lines = [`Execution ${report.status}`, `  ${report.promoted ? "Promoted" : "Not promoted"}: ${report.reason}`];
  if (report.dataset) {
    const { version, photographs, labelled, rows, dropped } = report.dataset;
    lines.push(`  Dataset ${version}: ${rows} rows, ${photographs} photographs, ${labelled} with a label`);
    const left = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`);
    if (left.length > 0) lines.push(`  Left out: ${left.join(", ")}`);
  }
  for (const [role, scored] of [
    ["Challenger", report.challenger],
    ["Champion before", report.champion],
  ] as const) {
    if (!scored) continue;
    const { n, mae, rmse, mse, macroMae } = scored.metrics;
    const figures = [
      `MAE ${mae.toFixed(2)} d`,
      `RMSE ${rmse.toFixed(2)} d`,
      `MSE ${mse.toFixed(2)} d²`,
      `MAE mean of groups ${macroMae.toFixed(2)} d`,
    ];
    lines.push(`  ${`${role}: version ${scored.version}`.padEnd(28)} ${figures.join(", ")} on ${n} test photographs`);
  }
  lines.push(`  Run ${report.runId ?? "none"}`);
  if (report.prediction !== undefined) lines.push(`  Example prediction: ${JSON.stringify(report.prediction)}`);
  const steps = Object.entries(report.seconds).map(([name, seconds]) => `${name} ${duration(seconds)}`);
  lines.push(`  Steps: ${steps.join(", ")}`);
  for (const [name, url] of Object.entries(report.urls)) lines.push(`  ${name.padEnd(10)} ${url}`);
  lines.push(`  ${"execution".padEnd(10)} ${report.executionArn}`);
  return lines.join("\n");
}
