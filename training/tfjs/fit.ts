import type { Hyperparameters } from "../../core/contracts/execution.ts";
import type { EpochReport } from "../../core/contracts/training.ts";
import { NamedError } from "../../core/errors.ts";
import { useNativeBatchNorm } from "./batch-norm.ts";
import type { LabelledRow, PhotographCache } from "./data.ts";
import { createLearner, disposeExamples, type Examples, type Learner } from "./learner.ts";
import type { Phase } from "./network.ts";
import type { Reporter } from "./reporter.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

/** Epochs without a better validation error after which a phase ends. */
export const patience = 8;

/** Batches that batch normalisation's statistics are collected over after each epoch. */
const statisticsBatches = 16;

/** The loss is no longer a number: the network has learnt nothing that could be kept. */
class TrainingDivergedError extends NamedError {
  constructor(message: string) {
    super("TrainingDiverged", message);
  }
}

/** What a training learns from and is watched by. */
export interface FitOptions {
  cache: PhotographCache;
  /** Where features are kept that a phase computes once. */
  featureFolder: string;
  train: readonly LabelledRow[];
  validation: readonly LabelledRow[];
  hyperparameters: Hyperparameters;
  reporter: Required<Reporter>;
  signal?: AbortSignal | undefined;
}

/** How a training went. */
export interface Fitted {
  /** One report for each epoch. */
  history: EpochReport[];
  /** The phase whose weights were kept. */
  phase: string;
}

/**
 * Trains the phases one after the other, each from where the one before did best, and leaves the model with the weights
 * that did best on validation. The same seed, data and machine give the same weights.
 * @throws TrainingDivergedError; the signal's reason when it is aborted
 */
export async function fitModel(
  model: Tensorflow.LayersModel,
  phases: readonly Phase[],
  options: FitOptions,
): Promise<Fitted> {
  const restartStatistics = useNativeBatchNorm(model);
  const history: EpochReport[] = [];
  const best = new BestWeights(model);
  try {
    for (const [index, phase] of phases.entries()) {
      const following = phases.slice(index + 1);
      const reports = await fitPhase(model, phase, { ...options, index, following, restartStatistics });
      history.push(...reports);
      best.offer(Math.min(...reports.map(({ valLoss }) => valLoss)), index);
    }
    best.restore();
  } finally {
    best.dispose();
  }
  return { history, phase: phases[best.at]?.name ?? "" };
}

interface PhaseOptions extends FitOptions {
  /** Place of the phase, from 0, and what follows it. */
  index: number;
  following: readonly Phase[];
  restartStatistics: () => boolean;
}

async function fitPhase(model: Tensorflow.LayersModel, phase: Phase, options: PhaseOptions): Promise<EpochReport[]> {
  const { hyperparameters, reporter, validation, following } = options;
  const learning = new Set(phase.trainable(model));
  for (const layer of model.layers) layer.trainable = learning.has(layer);
  const { epochs } = hyperparameters;
  const optimizer = createOptimizer(hyperparameters.optimizer, hyperparameters.learningRate * phase.learningRateFactor);
  const best = new BestWeights(model);
  const history: EpochReport[] = [];
  const learner = await createLearner(model, phase, options);
  try {
    for (let epoch = 1; epoch <= epochs && epoch - best.at <= patience; epoch++) {
      const started = performance.now();
      const { trainLoss, learningRate } = await trainEpoch(learner, optimizer, phase, epoch, options);
      await collectStatistics(learner, epoch, options);
      const valMae = await meanAbsoluteError(learner, validation, options);
      checkLoss(trainLoss, `in epoch ${epoch} of ${phase.name}`, hyperparameters);
      checkLoss(valMae, `on validation after epoch ${epoch} of ${phase.name}`, hyperparameters);
      best.offer(valMae, epoch);
      const seconds = (performance.now() - started) / 1000;
      const epochsLeft =
        epochs - epoch + (epochs * sumOf(following.map(relativeEpochCostOf))) / relativeEpochCostOf(phase);
      const secondsLeft = seconds * epochsLeft;
      const report = { phase: phase.name, epoch, epochs, trainLoss, valLoss: valMae, valMae, learningRate, seconds };
      history.push({ ...report, secondsLeft });
      await reporter.onEpoch({ ...report, secondsLeft });
    }
    best.restore();
  } finally {
    best.dispose();
    optimizer.dispose();
    await learner.release();
  }
  return history;
}

const relativeEpochCostOf = ({ relativeEpochCost = 1 }: Phase): number => relativeEpochCost;
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

async function trainEpoch(
  learner: Learner,
  optimizer: Tensorflow.Optimizer,
  phase: Phase,
  epoch: number,
  options: PhaseOptions,
): Promise<{ trainLoss: number; learningRate: number }> {
  const { hyperparameters, reporter, train, signal, index } = options;
  const { epochs, batchSize, seed, learningRate } = hyperparameters;
  const weights = learner.model.trainableWeights.map((weight) => variableOf(weight));
  const total = train.length;
  const started = performance.now();
  let sum = 0;
  let done = 0;
  let rate = 0;
  for await (const examples of learner.read(train, { batchSize, seed: [seed, index, epoch] })) {
    const n = examples.days.shape[0];
    rate = learningRate * phase.learningRateFactor * schedule((epoch - 1 + done / total) / epochs);
    setLearningRate(optimizer, rate);
    const loss = optimizer.minimize(() => absoluteError(learner.model, examples, true), true, weights);
    sum += ((loss as Tensorflow.Scalar).dataSync()[0] as number) * n;
    loss?.dispose();
    disposeExamples(examples);
    signal?.throwIfAborted();
    done += n;
    const secondsLeft = ((performance.now() - started) / 1000 / done) * (total * (epochs - epoch + 1) - done);
    await reporter.onBatch({ phase: phase.name, epoch, epochs, done, total, secondsLeft });
  }
  return { trainLoss: sum / total, learningRate: rate };
}

/** Batch normalisation's statistics of the weights as they stand, over enough batches for all kinds of fruit. */
async function collectStatistics(learner: Learner, epoch: number, options: PhaseOptions): Promise<void> {
  const { train, hyperparameters, index, restartStatistics } = options;
  if (!restartStatistics()) return;
  const { batchSize, seed } = hyperparameters;
  let left = statisticsBatches;
  for await (const examples of learner.read(train, { batchSize, seed: [seed, index, -epoch] })) {
    tf.tidy(() => void learner.model.apply(examples.inputs, { training: true }));
    disposeExamples(examples);
    if (--left === 0) break;
  }
}

/** Warm-up over the first twentieth of the training, then a cosine down to a hundredth. `progress`: 0 to 1. */
function schedule(progress: number): number {
  const warmUp = Math.min(1, 0.1 + (0.9 * progress) / 0.05);
  return warmUp * (0.01 + 0.99 * (0.5 + 0.5 * Math.cos(Math.PI * progress)));
}

function absoluteError(model: Tensorflow.LayersModel, examples: Examples, training: boolean): Tensorflow.Scalar {
  const predicted = model.apply(examples.inputs, { training }) as Tensorflow.Tensor;
  return tf.losses.absoluteDifference(examples.days, predicted) as Tensorflow.Scalar;
}

async function meanAbsoluteError(
  learner: Learner,
  rows: readonly LabelledRow[],
  { hyperparameters: { batchSize }, signal }: FitOptions,
): Promise<number> {
  let sum = 0;
  for await (const examples of learner.read(rows, { batchSize })) {
    const loss = tf.tidy(() => absoluteError(learner.model, examples, false));
    sum += (loss.dataSync()[0] as number) * examples.days.shape[0];
    loss.dispose();
    disposeExamples(examples);
    signal?.throwIfAborted();
  }
  return sum / rows.length;
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
  /** When that was, as `offer` was told. */
  at = 0;
  private loss = Number.POSITIVE_INFINITY;
  /** By layer: the order of a model's own list depends on what is frozen. */
  private weights: Tensorflow.Tensor[][] = [];
  private readonly model: Tensorflow.LayersModel;

  constructor(model: Tensorflow.LayersModel) {
    this.model = model;
  }

  offer(loss: number, at: number): void {
    if (loss >= this.loss) return;
    this.dispose();
    this.weights = this.model.layers.map((layer) => layer.getWeights().map((weight) => weight.clone()));
    this.loss = loss;
    this.at = at;
  }

  restore(): void {
    for (const [i, weights] of this.weights.entries()) this.model.layers[i]?.setWeights(weights);
  }

  dispose(): void {
    tf.dispose(this.weights);
    this.weights = [];
  }
}
