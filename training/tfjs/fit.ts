import type { Hyperparameters } from "../../core/contracts/execution.ts";
import type { EpochReport } from "../../core/contracts/training.ts";
import { NamedError } from "../../core/errors.ts";
import { useNativeBatchNorm } from "./batch-norm.ts";
import { type Batch, disposeBatch, type LabelledRow, type PhotographCache, readBatches } from "./data.ts";
import type { Phase } from "./network.ts";
import type { Reporter } from "./reporter.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

/** Epochs without a better validation error after which a phase ends. */
export const patience = 8;

/** Batches that batch normalisation's statistics are collected over after each epoch. */
const statisticsBatches = 16;

/** The loss is no number any more: the network has learnt nothing that could be kept. */
class TrainingDivergedError extends NamedError {
  constructor(message: string) {
    super("TrainingDiverged", message);
  }
}

/** What a training learns from and is watched by. */
export interface FitOptions {
  cache: PhotographCache;
  train: readonly LabelledRow[];
  validation: readonly LabelledRow[];
  hyperparameters: Hyperparameters;
  reporter: Required<Reporter>;
  signal?: AbortSignal | undefined;
}

/**
 * Trains the phases one after the other and leaves the model with the weights that did best on validation. The same seed,
 * data and machine give the same weights.
 * @returns the history, one report for each epoch
 * @throws TrainingDivergedError; the signal's reason when it is aborted
 */
export async function fitModel(
  model: Tensorflow.LayersModel,
  phases: readonly Phase[],
  options: FitOptions,
): Promise<EpochReport[]> {
  const restartStatistics = useNativeBatchNorm(model);
  const history: EpochReport[] = [];
  for (const [index, phase] of phases.entries()) {
    history.push(
      ...(await fitPhase(model, phase, {
        ...options,
        index,
        phasesLeft: phases.length - index - 1,
        restartStatistics,
      })),
    );
  }
  return history;
}

interface PhaseOptions extends FitOptions {
  /** Place of the phase, from 0, and how many follow it. */
  index: number;
  phasesLeft: number;
  restartStatistics: () => boolean;
}

async function fitPhase(model: Tensorflow.LayersModel, phase: Phase, options: PhaseOptions): Promise<EpochReport[]> {
  const { hyperparameters, reporter, cache, validation, phasesLeft } = options;
  const { epochs, batchSize } = hyperparameters;
  const learning = new Set(phase.trainable(model));
  for (const layer of model.layers) layer.trainable = learning.has(layer);
  const optimizer = createOptimizer(hyperparameters.optimizer, hyperparameters.learningRate * phase.learningRateFactor);
  const best = new BestWeights(model);
  const history: EpochReport[] = [];
  try {
    for (let epoch = 1; epoch <= epochs && epoch - best.epoch <= patience; epoch++) {
      const started = performance.now();
      const { trainLoss, learningRate } = await trainEpoch(model, optimizer, phase, epoch, options);
      await collectStatistics(model, epoch, options);
      const valMae = await meanAbsoluteError(model, readBatches(cache, validation, { batchSize }), options.signal);
      checkLoss(trainLoss, `in epoch ${epoch} of ${phase.name}`, hyperparameters);
      checkLoss(valMae, `on validation after epoch ${epoch} of ${phase.name}`, hyperparameters);
      best.offer(valMae, epoch);
      const seconds = (performance.now() - started) / 1000;
      const secondsLeft = seconds * (epochs - epoch + phasesLeft * epochs);
      const report = { phase: phase.name, epoch, epochs, trainLoss, valLoss: valMae, valMae, learningRate, seconds };
      history.push({ ...report, secondsLeft });
      await reporter.onEpoch({ ...report, secondsLeft });
    }
    best.restore();
  } finally {
    best.dispose();
    optimizer.dispose();
  }
  return history;
}

async function trainEpoch(
  model: Tensorflow.LayersModel,
  optimizer: Tensorflow.Optimizer,
  phase: Phase,
  epoch: number,
  options: PhaseOptions,
): Promise<{ trainLoss: number; learningRate: number }> {
  const { hyperparameters, reporter, cache, train, signal, index } = options;
  const { epochs, batchSize, seed, learningRate } = hyperparameters;
  const weights = model.trainableWeights.map((weight) => variableOf(weight));
  const total = train.length;
  const started = performance.now();
  let sum = 0;
  let done = 0;
  let rate = 0;
  for await (const batch of readBatches(cache, train, { batchSize, seed: [seed, index, epoch] })) {
    const n = batch.days.shape[0];
    rate = learningRate * phase.learningRateFactor * schedule((epoch - 1 + done / total) / epochs);
    setLearningRate(optimizer, rate);
    const loss = optimizer.minimize(() => absoluteError(model, batch, true), true, weights) as Tensorflow.Scalar;
    sum += (loss.dataSync()[0] as number) * n;
    loss.dispose();
    disposeBatch(batch);
    signal?.throwIfAborted();
    done += n;
    const secondsLeft = ((performance.now() - started) / 1000 / done) * (total * (epochs - epoch + 1) - done);
    await reporter.onBatch({ phase: phase.name, epoch, epochs, done, total, secondsLeft });
  }
  return { trainLoss: sum / total, learningRate: rate };
}

/** Batch normalisation's statistics of the weights as they stand, over enough batches for all kinds of fruit. */
async function collectStatistics(model: Tensorflow.LayersModel, epoch: number, options: PhaseOptions): Promise<void> {
  const { cache, train, hyperparameters, index, restartStatistics } = options;
  if (!restartStatistics()) return;
  const { batchSize, seed } = hyperparameters;
  let left = statisticsBatches;
  for await (const batch of readBatches(cache, train, { batchSize, seed: [seed, index, -epoch] })) {
    tf.tidy(() => void model.apply([batch.image, batch.condition], { training: true }));
    disposeBatch(batch);
    if (--left === 0) break;
  }
}

/** Warm-up over the first twentieth of the training, then a cosine down to a hundredth. `progress`: 0 to 1. */
function schedule(progress: number): number {
  const warmUp = Math.min(1, 0.1 + (0.9 * progress) / 0.05);
  return warmUp * (0.01 + 0.99 * (0.5 + 0.5 * Math.cos(Math.PI * progress)));
}

function absoluteError(model: Tensorflow.LayersModel, batch: Batch, training: boolean): Tensorflow.Scalar {
  const predicted = model.apply([batch.image, batch.condition], { training }) as Tensorflow.Tensor;
  return tf.losses.absoluteDifference(batch.days, predicted) as Tensorflow.Scalar;
}

async function meanAbsoluteError(
  model: Tensorflow.LayersModel,
  batches: AsyncIterable<Batch>,
  signal?: AbortSignal,
): Promise<number> {
  let sum = 0;
  let n = 0;
  for await (const batch of batches) {
    const loss = tf.tidy(() => absoluteError(model, batch, false));
    sum += (loss.dataSync()[0] as number) * batch.days.shape[0];
    n += batch.days.shape[0];
    loss.dispose();
    disposeBatch(batch);
    signal?.throwIfAborted();
  }
  return sum / n;
}

function checkLoss(loss: number, where: string, { learningRate, optimizer }: Hyperparameters): void {
  if (Number.isFinite(loss)) return;
  throw new TrainingDivergedError(
    `The loss is ${loss} ${where}: learning rate ${learningRate} is too high for '${optimizer}'. Try a tenth of it.`,
  );
}

function createOptimizer(name: Hyperparameters["optimizer"], learningRate: number): Tensorflow.Optimizer {
  const create = { adam: tf.train.adam, sgd: tf.train.sgd, rmsprop: tf.train.rmsprop };
  return create[name](learningRate);
}

/** Most optimizers read their rate at each step; plain gradient descent keeps it as a tensor. */
function setLearningRate(optimizer: Tensorflow.Optimizer, rate: number): void {
  if (optimizer.getClassName() === "SGD") (optimizer as Tensorflow.SGDOptimizer).setLearningRate(rate);
  else Object.assign(optimizer, { learningRate: rate });
}

/** A layer's variable behind its wrapper, as an optimizer wants it. */
function variableOf(weight: Tensorflow.LayerVariable): Tensorflow.Variable {
  return (weight as unknown as { val: Tensorflow.Variable }).val;
}

/** A copy of the weights that did best on validation. */
class BestWeights {
  epoch = 0;
  private loss = Number.POSITIVE_INFINITY;
  private weights: Tensorflow.Tensor[] = [];
  private readonly model: Tensorflow.LayersModel;

  constructor(model: Tensorflow.LayersModel) {
    this.model = model;
  }

  offer(loss: number, epoch: number): void {
    if (loss >= this.loss) return;
    this.dispose();
    this.weights = this.model.getWeights().map((weight) => weight.clone());
    this.loss = loss;
    this.epoch = epoch;
  }

  restore(): void {
    this.model.setWeights(this.weights);
  }

  dispose(): void {
    tf.dispose(this.weights);
    this.weights = [];
  }
}
