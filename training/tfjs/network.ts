import type { Hyperparameters } from "../../core/contracts/execution.ts";
import type { Backbone } from "./backbone.ts";
import type { Tensorflow } from "./tensorflow.ts";

/** One phase of training. `epochs` of the hyper-parameters holds for each. */
export interface Phase {
  name: string;
  /** The layers that learn in it; all others are frozen. */
  trainable: (model: Tensorflow.LayersModel) => Tensorflow.layers.Layer[];
  /** What the learning rate of the hyper-parameters is multiplied by. */
  learningRateFactor: number;
  /** Photographs go through what does not learn once for all, as they are, and what it sees is kept on disk. */
  cacheFrozenFeatures?: boolean;
  /** Seconds of an epoch relative to those of the other phases, roughly; 1 unless given. */
  relativeEpochCost?: number;
}

/** What a network is built from. */
export interface BuildOptions {
  hyperparameters: Hyperparameters;
  /** Typical days of each storage group, in the order of the condition: where the outputs start from. */
  outputBias: readonly number[];
  /** Where a pretrained part comes from. */
  backbone?: Backbone | undefined;
}

/**
 * A network that this trainer can train. Its model has the inputs `image` [N,224,224,3], 0 to 255, and `condition` [N,3],
 * one-hot, and the output days [N,1], which may be below 0.
 */
export interface Network {
  build(options: BuildOptions): Promise<Tensorflow.LayersModel>;
  phases(hyperparameters: Hyperparameters): Phase[];
  /** Whether it starts from a pretrained backbone. */
  pretrained?: boolean;
  /** Whose work the pretrained part is. */
  attribution?: string;
}
