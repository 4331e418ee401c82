import { type LabelledRow, labelsOf, type PhotographCache, type ReadOptions, readBatches, readItems } from "./data.ts";
import { FeatureExtractor } from "./feature-extractor.ts";
import { cacheFeatures } from "./features.ts";
import { findFeatureTaps, tailOf } from "./graph.ts";
import type { Phase } from "./network.ts";
import type { Reporter } from "./reporter.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

/** What a learner sees at once. The taker disposes of it. */
export interface Examples {
  /** One tensor for each input of the model. */
  inputs: Tensorflow.Tensor[];
  /** [n, 1]. */
  days: Tensorflow.Tensor2D;
}

/** The part of a model that learns in a phase, and what it sees of the photographs. It shares the model's weights. */
export interface Learner {
  model: Tensorflow.LayersModel;
  read(rows: readonly LabelledRow[], options: ReadOptions): AsyncIterable<Examples>;
  release(): Promise<void>;
}

export interface LearnerOptions {
  cache: PhotographCache;
  featureFolder: string;
  train: readonly LabelledRow[];
  validation: readonly LabelledRow[];
  reporter: Required<Reporter>;
  signal?: AbortSignal | undefined;
}

/** Frees the tensors of examples. */
export function disposeExamples({ inputs, days }: Examples): void {
  tf.dispose([inputs, days]);
}

/** What learns in a phase, where the model's layers have been told which of them do. */
export async function createLearner(
  model: Tensorflow.LayersModel,
  { cacheFrozenFeatures }: Phase,
  options: LearnerOptions,
): Promise<Learner> {
  if (!cacheFrozenFeatures) return wholeModel(model, options);
  const learning = model.layers.filter((layer) => layer.trainable && layer.getWeights().length > 0);
  const taps = findFeatureTaps(model, new Set(learning));
  return cachedTail(await FeatureExtractor.of(model, taps), tailOf(model, taps), options);
}

function wholeModel(model: Tensorflow.LayersModel, { cache }: LearnerOptions): Learner {
  return {
    model,
    async *read(rows, readOptions) {
      for await (const { image, condition, days } of readBatches(cache, rows, readOptions)) {
        yield { inputs: [image, condition], days };
      }
    },
    release: async () => undefined,
  };
}

/** Photographs have gone through the fixed part before. */
async function cachedTail(
  extractor: FeatureExtractor,
  model: Tensorflow.LayersModel,
  options: LearnerOptions,
): Promise<Learner> {
  const { cache, featureFolder, train, validation, reporter, signal } = options;
  const started = performance.now();
  const features = await cacheFeatures(extractor, {
    photographs: cache,
    rows: [...train, ...validation],
    folder: featureFolder,
    signal,
    onProgress(done, total) {
      const secondsLeft = ((performance.now() - started) / 1000 / done) * (total - done);
      return reporter.onBatch({ phase: "features", epoch: 1, epochs: 1, done, total, secondsLeft });
    },
  });
  return {
    model,
    async *read(rows, readOptions) {
      for await (const { some, items } of readItems(rows, readOptions, (row) => features.read(row))) {
        const { condition, days } = labelsOf(some);
        const values = new Float32Array(items.length * extractor.width);
        for (const [i, item] of items.entries()) values.set(item, i * extractor.width);
        yield { inputs: [...extractor.split(values), condition], days };
      }
    },
    async release() {
      await features.close();
      await extractor.release();
    },
  };
}
