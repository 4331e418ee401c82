import type { GroupedMetrics } from "../../core/contracts/model.ts";
import { type ArtifactBucket, artifactPrefix } from "../../core/mlflow/artifacts.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import { flattenMetrics } from "../../core/model/metrics.ts";
import { evaluationPlots, type StagedPhotograph } from "../../core/plots/plots.ts";

export interface Scores {
  /** The challenger's predictions of the test photographs, and its errors. */
  photographs: readonly StagedPhotograph[];
  challengerMetrics: GroupedMetrics;
  /** The champion's errors, where the challenger was compared with one. */
  championMetrics?: GroupedMetrics;
}

/**
 * Writes scores, tags and diagrams to the challenger's run. Metrics that the run has already are left out, so that a second
 * evaluation adds no points to the history.
 */
export async function reportScores(
  { mlflow, artifacts }: { mlflow: MlflowClient; artifacts: ArtifactBucket },
  runId: string,
  { photographs, challengerMetrics, championMetrics }: Scores,
  tags: Record<string, string>,
): Promise<void> {
  const run = await mlflow.runs.get(runId);
  const scores = {
    ...flattenMetrics(challengerMetrics, "test_"),
    ...(championMetrics && flattenMetrics(championMetrics, "champion_test_")),
  };
  const fresh = Object.entries(scores).filter(([key, value]) => run?.metrics[key] !== value);
  await mlflow.runs.log(runId, { metrics: fresh.map(([key, value]) => ({ key, value })), tags });
  if (!run) return;
  const prefix = artifactPrefix(artifacts.name, run.artifactUri);
  for (const [file, svg] of Object.entries(evaluationPlots(photographs))) {
    await artifacts.store.write(`${prefix}evaluation/${file}`, svg, "image/svg+xml");
  }
}
