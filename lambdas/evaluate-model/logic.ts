import { decideChampion } from "../../core/champion.ts";
import { type Announce, isRecorded, recordChange } from "../../core/champion-ledger.ts";
import { bootstrapVersion, type PromotionMetric } from "../../core/contracts/model.ts";
import type { EvaluateModelTask, EvaluationResult } from "../../core/contracts/pipeline.ts";
import { type Dataset, openDataset } from "../../core/dataset/open.ts";
import { NotFoundError } from "../../core/errors.ts";
import type { ArtifactBucket } from "../../core/mlflow/artifacts.ts";
import type { MlflowClient } from "../../core/mlflow/client.ts";
import type { ModelFolder } from "../../core/model/folder.ts";
import { groupedMetrics } from "../../core/model/metrics.ts";
import type { OnnxModel } from "../../core/model/onnx-model.ts";
import { concludeRuns, executionName, runTags } from "../../core/run-tags.ts";
import type { ObjectStore } from "../../core/storage.ts";
import { bootstrapFrom, type Candidate, challengerFrom, championFrom } from "./candidate.ts";
import { reportScores } from "./report-scores.ts";
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

/** What an evaluation is about. */
interface Evaluation {
  task: EvaluateModelTask;
  clients: EvaluateModelClients;
  dataset: Dataset;
  challenger: Candidate;
}

/**
 * Scores challenger and champion on the same test photographs, writes both scores to the challenger's run, and makes the
 * challenger champion when its error is lower. Before there is a champion it has to beat the bootstrap model.
 * @throws InvalidModelError, NotFoundError when a model cannot be judged
 */
export async function evaluateModel(task: EvaluateModelTask, clients: EvaluateModelClients): Promise<EvaluationResult> {
  const { mlflow, artifacts } = clients;
  const { modelName } = task.input;
  const { modelVersion } = task.training;
  const dataset = await openDataset(clients.data, task.dataset.version);
  const version = await mlflow.registry.getVersion(modelName, modelVersion);
  if (!version) throw new NotFoundError(`MLflow has no version ${modelVersion} of ${modelName}: train it again`);
  const evaluation = { task, clients, dataset, challenger: challengerFrom(version, artifacts) };
  const champion = await mlflow.registry.getAlias(modelName, "champion");
  if (champion?.version === modelVersion) return resumePromotion(evaluation);
  return judge(evaluation, champion ? championFrom(champion, artifacts) : bootstrapFrom(clients.bootstrap));
}

/**
 * Compares the challenger with the champion. The alias `champion` moves last: a failure before that leaves the champion as it
 * was, and one after it is made good by `resumePromotion`. A challenger that is not promoted ends here, and so its run is
 * concluded.
 */
async function judge({ task, clients, dataset, challenger }: Evaluation, rival: Candidate): Promise<EvaluationResult> {
  const { mlflow, metric } = clients;
  const { modelName } = task.input;
  const { modelVersion, runId } = task.training;
  const [photographs = [], rivalPhotographs = []] = await score(dataset, [challenger, rival]);
  const scored = { version: modelVersion, runId, metrics: groupedMetrics(photographs) };
  const champion = { ...rival.scored, metrics: groupedMetrics(rivalPhotographs) };
  await mlflow.registry.setAlias(modelName, "challenger", modelVersion);
  const decision = decideChampion(scored, champion, metric);
  await reportScores(
    clients,
    runId,
    { photographs, challengerMetrics: scored.metrics, championMetrics: champion.metrics },
    {
      [runTags.promoted]: String(decision.promoted),
      [runTags.promotionReason]: decision.reason,
      [runTags.promotionMetric]: metric,
      [runTags.championBefore]: champion.version,
    },
  );
  if (decision.promoted) {
    await mlflow.registry.setAlias(modelName, "champion", modelVersion);
    await recordPromotion(task, decision.reason, champion.version, clients);
  } else {
    await concludeRuns(mlflow, task.executionArn);
  }
  return { ...decision, metric, challenger: scored, champion };
}

/**
 * Completes what an earlier attempt left undone that promoted the challenger and failed afterwards: its scores and diagrams,
 * and the entry in the ledger. There is no champion left to compare it with; reason and champion before it are in its run.
 */
async function resumePromotion({ task, clients, dataset, challenger }: Evaluation): Promise<EvaluationResult> {
  const { mlflow, metric } = clients;
  const { modelName } = task.input;
  const { modelVersion, runId } = task.training;
  const [photographs = []] = await score(dataset, [challenger]);
  const scored = { version: modelVersion, runId, metrics: groupedMetrics(photographs) };
  await mlflow.registry.setAlias(modelName, "challenger", modelVersion);
  const { tags = {} } = (await mlflow.runs.get(runId)) ?? {};
  const reason = tags[runTags.promotionReason] ?? `Version ${modelVersion} is the champion already.`;
  await reportScores(
    clients,
    runId,
    { photographs, challengerMetrics: scored.metrics },
    { [runTags.promoted]: "true", [runTags.promotionReason]: reason, [runTags.promotionMetric]: metric },
  );
  if (!(await isRecorded(mlflow, modelName, modelVersion))) {
    await recordPromotion(task, reason, tags[runTags.championBefore], clients);
  }
  return { promoted: true, reason, metric, challenger: scored };
}

/** What each model says of the test photographs. */
async function score(dataset: Dataset, candidates: readonly Candidate[]) {
  const models: OnnxModel[] = [];
  try {
    for (const candidate of candidates) models.push(await candidate.load(dataset));
    return await scoreTogether(dataset, models);
  } finally {
    for (const model of models) await model.release();
  }
}

/** Writes the promotion to the ledger. `before`: the champion's version before it. */
async function recordPromotion(
  { executionArn, input, training }: EvaluateModelTask,
  reason: string,
  before: string | undefined,
  { mlflow, announce }: EvaluateModelClients,
): Promise<void> {
  const { modelName } = input;
  const by = executionName(executionArn);
  const from = before === bootstrapVersion ? undefined : before;
  const change = { modelName, kind: "retraining", to: training.modelVersion, by, reason } as const;
  const at = new Date().toISOString();
  await recordChange(mlflow, { ...change, ...(from !== undefined && { from }), at }, announce);
}
