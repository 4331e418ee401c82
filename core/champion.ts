import { bootstrapVersion, type GroupedMetrics, type ModelSidecar, type PromotionMetric } from "./contracts/model.ts";
import { InvalidModelError } from "./errors.ts";

/** A model version, or the bootstrap model, and how it did on the test photographs. */
export interface ScoredModel {
  version: string;
  metrics: GroupedMetrics;
}

export interface ChampionDecision {
  promoted: boolean;
  /** A sentence for people. */
  reason: string;
}

const names: Record<PromotionMetric, { name: string; unit: string }> = {
  mse: { name: "mean squared error", unit: "days squared" },
  mae: { name: "mean absolute error", unit: "days" },
  rmse: { name: "root mean squared error", unit: "days" },
  macroMae: { name: "mean absolute error averaged over the storage groups", unit: "days" },
};

/**
 * Whether the challenger becomes champion: its error is strictly lower on the same photographs.
 * @throws InvalidModelError when a model's error is not a number
 */
export function decideChampion(
  challenger: ScoredModel,
  champion: ScoredModel,
  metric: PromotionMetric,
): ChampionDecision {
  const { name, unit } = names[metric];
  const challengerError = errorOf(challenger, metric);
  const onAverage = metric === "mae" ? "" : ` (off by ${challenger.metrics.mae.toFixed(2)} days on average)`;
  const championError = errorOf(champion, metric);
  const verb = challengerError < championError ? "is promoted" : "is not promoted";
  const relation =
    challengerError < championError ? "below" : challengerError === championError ? "no better than" : "above";
  const numbers = `${round(challengerError, championError)} ${unit} on ${photographs(challenger)}${onAverage}, ${relation} the ${round(championError, challengerError)} of ${describeChampion(champion)}`;
  return {
    promoted: challengerError < championError,
    reason: `Version ${challenger.version} ${verb}: its ${name} is ${numbers}.`,
  };
}

/**
 * Rejects a model that was fitted on fruits of the test set. Fruits are named within their source, so a model of another
 * source cannot have seen them.
 * @throws InvalidModelError naming the fruits
 */
export function rejectSeenFruits(
  sidecar: Pick<ModelSidecar, "source" | "trainingFruits">,
  test: { source: string; fruits: Iterable<string> },
  who: string,
): void {
  if (sidecar.source !== test.source) return;
  const trained = new Set(sidecar.trainingFruits);
  const seen = [...new Set(test.fruits)].filter((fruit) => trained.has(fruit)).sort();
  if (seen.length === 0) return;
  const some = seen.length > 5 ? `${seen.slice(0, 5).join(", ")} and ${seen.length - 5} more` : seen.join(", ");
  throw new InvalidModelError(
    `${who} was trained on ${seen.length} of the test fruits (${some}), so its score would say nothing. ` +
      `Train it again on the training fruits of '${test.source}' alone.`,
  );
}

function errorOf({ version, metrics }: ScoredModel, metric: PromotionMetric): number {
  const value = metrics[metric];
  if (Number.isFinite(value)) return value;
  throw new InvalidModelError(
    `Version ${version} predicts days that are not numbers: its ${names[metric].name} is ${value}.`,
  );
}

/** Before the first promotion the bootstrap model stands in. */
function describeChampion({ version }: ScoredModel): string {
  return version === bootstrapVersion ? "the bootstrap model" : `the champion, version ${version}`;
}

function photographs({ metrics }: ScoredModel): string {
  return metrics.n === 1 ? "1 test photograph" : `${metrics.n} test photographs`;
}

/** As few digits as tell it from the other. */
function round(value: number, other: number): string {
  for (let digits = 3; digits < 12; digits++) {
    if (value === other || value.toFixed(digits) !== other.toFixed(digits)) return value.toFixed(digits);
  }
  return String(value);
}
