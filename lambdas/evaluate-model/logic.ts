import { decideChampion } from "../../core/champion.ts";
import { type Announce, isRecorded, recordChange } from "../../core/champion-ledger.ts";
import { bootstrapVersion, type GroupedMetrics, type PromotionMetric } from "../../core/contracts/model.ts";
import type { EvaluateModelTask, EvaluationResult } from "../../core/contracts/pipeline.ts";
import { type Dataset, openDataset } from "../../core/dataset/open.ts";
import { NotFoundError } from "../../core/errors.ts";
import { type ArtifactBucket, artifactPrefix } from "../../core/mlflow/artifacts.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import type { ModelFolder } from "../../core/model/folder.ts";
import { flattenMetrics, groupedMetrics } from "../../core/model/metrics.ts";
import { evaluationPlots, type StagedPhotograph } from "../../core/plots/plots.ts";
import { concludeRuns, executionName, runTags } from "../../core/run-tags.ts";
import type { ObjectStore } from "../../core/storage.ts";
import { bootstrapFrom, type Candidate, challengerFrom, championFrom } from "./candidate.ts";
import { scoreTogether } from "./score-together.ts";

export interface EvaluateModelClients {
  mlflow: MlflowClient;
  /** The data bucket. */
  data: ObjectStore;
  artifacts: ArtifactBucket;
  metric: PromotionMetric;
  announce: Announce;
  /** Stands in where there is no champion, for it is what the API serves then. */
  bootstrap: ModelFolder;
}

/**
 * Scores challenger and champion on the same test photographs, writes both scores to the challenger's run, and makes the
 * challenger champion when its error is lower. Before there is a champion it has to beat the bootstrap model. The alias
 * moves last: whatever fails before leaves the champion as it was; a promotion's entry in the ledger follows, made by the
 * next attempt if this one fails. The run of a challenger that is not promoted is concluded here, for nothing comes after it.
 * @throws InvalidModelError, NotFoundError when a model cannot be judged
 */
export async function evaluateModel(task: EvaluateModelTask, clients: EvaluateModelClients): Promise<EvaluationResult> {
  const { mlflow, metric, artifacts } = clients;
  const { modelName } = task.input;
  const { modelVersion, runId } = task.training;
  const dataset = await openDataset(clients.data, task.dataset.version);
  const challenger = await mlflow.registry.getVersion(modelName, modelVersion);
  if (!challenger) throw new NotFoundError(`MLflow has no version ${modelVersion} of ${modelName}: train it again`);
  const found = await mlflow.registry.getAlias(modelName, "champion");
  // An earlier attempt promoted it and failed afterwards.
  const already = found?.version === modelVersion;
  const champion = already ? undefined : found ? championFrom(found, artifacts) : bootstrapFrom(clients.bootstrap);

  const [photographs, championPhotographs] = await score(dataset, challengerFrom(challenger, artifacts), champion);
  const challengerMetrics = groupedMetrics(photographs);
  const championMetrics = championPhotographs && groupedMetrics(championPhotographs);
  await mlflow.registry.setAlias(modelName, "challenger", modelVersion);
  const scored = { version: modelVersion, runId, metrics: challengerMetrics };
  const scoredChampion = champion && championMetrics && { ...champion.scored, metrics: championMetrics };
  const before = already ? ((await mlflow.runs.get(runId))?.tags ?? {}) : {};
  const decision = scoredChampion
    ? decideChampion(scored, scoredChampion, metric)
    : {
        promoted: true,
        reason: before[runTags.promotionReason] ?? `Version ${modelVersion} is the champion already.`,
      };
  await logScores(mlflow, runId, challengerMetrics, championMetrics, {
    [runTags.promoted]: String(decision.promoted),
    [runTags.promotionReason]: decision.reason,
    [runTags.promotionMetric]: metric,
    ...(scoredChampion && { [runTags.championBefore]: scoredChampion.version }),
  });
  await writePlots(mlflow, runId, photographs, artifacts);
  if (!decision.promoted) await concludeRuns(mlflow, task.executionArn);
  else if (!already) await mlflow.registry.setAlias(modelName, "champion", modelVersion);
  if (decision.promoted && !(already && (await isRecorded(mlflow, modelName, modelVersion)))) {
    const from = scoredChampion?.version ?? before[runTags.championBefore];
    await recordPromotion(task, decision.reason, from === bootstrapVersion ? undefined : from, clients);
  }
  return { ...decision, metric, challenger: scored, ...(scoredChampion && { champion: scoredChampion }) };
}

/** What the challenger says of the test photographs and, where it is compared with one, the champion. */
async function score(
  dataset: Dataset,
  challenger: Candidate,
  champion: Candidate | undefined,
): Promise<[StagedPhotograph[], StagedPhotograph[]?]> {
  const models = [await challenger.load(dataset)];
  try {
    if (champion) models.push(await champion.load(dataset));
    return (await scoreTogether(dataset, models)) as [StagedPhotograph[], StagedPhotograph[]?];
  } finally {
    for (const model of models) await model.release();
  }
}

async function recordPromotion(
  { executionArn, input, training }: EvaluateModelTask,
  reason: string,
  from: string | undefined,
  { mlflow, announce }: EvaluateModelClients,
): Promise<void> {
  const { modelName } = input;
  const by = executionName(executionArn);
  const change = { modelName, kind: "retraining", to: training.modelVersion, by, reason } as const;
  const at = new Date().toISOString();
  await recordChange(mlflow, { ...change, ...(from !== undefined && { from }), at }, announce);
}

/** Writes what the run does not have yet, so that a second evaluation adds no points to the history. */
async function logScores(
  mlflow: MlflowClient,
  runId: string,
  challengerMetrics: GroupedMetrics,
  championMetrics: GroupedMetrics | undefined,
  tags: Record<string, string>,
): Promise<void> {
  const logged = (await mlflow.runs.get(runId))?.metrics ?? {};
  const scores = {
    ...flattenMetrics(challengerMetrics, "test_"),
    ...(championMetrics && flattenMetrics(championMetrics, "champion_test_")),
  };
  const fresh = Object.entries(scores).filter(([key, value]) => logged[key] !== value);
  await mlflow.runs.log(runId, { metrics: fresh.map(([key, value]) => ({ key, value })), tags });
}

/** Puts the diagrams of the challenger's errors among the artifacts of its run. */
async function writePlots(
  mlflow: MlflowClient,
  runId: string,
  photographs: readonly StagedPhotograph[],
  { name, store }: ArtifactBucket,
): Promise<void> {
  const run = await mlflow.runs.get(runId);
  if (!run) return;
  const prefix = artifactPrefix(name, run.artifactUri);
  for (const [file, svg] of Object.entries(evaluationPlots(photographs))) {
    await store.write(`${prefix}evaluation/${file}`, svg, "image/svg+xml");
  }
}
