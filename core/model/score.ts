import { imageBytes, type Split, type StorageGroup } from "../contracts/dataset.ts";
import type { GroupedMetrics } from "../contracts/model.ts";
import type { Dataset, Shard } from "../dataset/open.ts";
import { groupedMetrics, type ScoredPhotograph } from "./metrics.ts";
import { type OnnxModel, predictDays } from "./onnx-model.ts";

/** One photograph to score: 224 x 224 RGB bytes, how the fruit is stored, the true days left. */
export interface LabelledPhotograph {
  image: Uint8Array;
  group: StorageGroup;
  days: number;
}

/** The labelled photographs of one shard, with their ripening stage. */
export function* labelledOfShard({ rows, pixels }: Shard): Generator<LabelledPhotograph & { stage: number }> {
  for (const [i, { storageGroup: group, shelfLifeDays: days, stage }] of rows.entries()) {
    if (days !== undefined) yield { image: pixels.subarray(i * imageBytes, (i + 1) * imageBytes), group, days, stage };
  }
}

/** The labelled photographs of a split, one shard in memory at a time. */
export async function* labelledOfSplit(
  dataset: Dataset,
  split: Split,
): AsyncGenerator<LabelledPhotograph & { stage: number }> {
  for await (const shard of dataset.shards(split)) yield* labelledOfShard(shard);
}

/** Called after each batch with the photographs scored so far. */
export type ScoreProgress = (done: number) => void;

/**
 * Predicts every photograph, in batches, with what serving would answer (never below 0). Holds one batch of images at a
 * time; what else is known of a photograph stays with its prediction.
 */
export async function predictAll<P extends LabelledPhotograph>(
  model: OnnxModel,
  photographs: AsyncIterable<P> | Iterable<P>,
  options: { batchSize?: number; onProgress?: ScoreProgress } = {},
): Promise<(Omit<P, "image"> & ScoredPhotograph)[]> {
  const { batchSize = 32, onProgress } = options;
  const scored: (Omit<P, "image"> & ScoredPhotograph)[] = [];
  let batch: P[] = [];
  const flush = async () => {
    const predicted = await predictDays(
      model,
      batch.map(({ image }) => image),
      batch.map(({ group }) => group),
    );
    for (const [i, { image: _, ...known }] of batch.entries()) {
      scored.push({ ...known, predicted: Math.max(0, predicted[i] as number) });
    }
    batch = [];
    onProgress?.(scored.length);
  };
  for await (const photograph of photographs) {
    batch.push(photograph);
    if (batch.length === batchSize) await flush();
  }
  if (batch.length > 0) await flush();
  return scored;
}

/** Errors of a model over photographs, by the code that serves. @throws RangeError when there is no photograph */
export async function scoreModel(
  model: OnnxModel,
  photographs: AsyncIterable<LabelledPhotograph> | Iterable<LabelledPhotograph>,
  options: { batchSize?: number; onProgress?: ScoreProgress } = {},
): Promise<GroupedMetrics> {
  return groupedMetrics(await predictAll(model, photographs, options));
}
