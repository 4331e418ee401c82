import type { Hyperparameters, Network as NetworkName } from "../../core/contracts/execution.ts";
import { InvalidInputError } from "../../core/errors.ts";
import { compact } from "./compact.ts";
import type { Tensorflow } from "./tensorflow.ts";

/** One stretch of training. `epochs` of the hyper-parameters holds for each. */
export interface Phase {
  name: string;
  /** The layers that learn in it; all others are frozen. */
  trainable: (model: Tensorflow.LayersModel) => Tensorflow.layers.Layer[];
  /** What the learning rate of the hyper-parameters is multiplied by. */
  learningRateFactor: number;
}

/** What a network is built from. */
export interface BuildOptions {
  hyperparameters: Hyperparameters;
  /** Typical days of each storage group, in the order of the condition: where the outputs start from. */
  typicalDays: readonly number[];
}

/**
 * A network that this trainer can train. Its model has the inputs `image` [N,224,224,3], 0 to 255, and `condition` [N,3],
 * one-hot, and the output days [N,1], which may be below 0.
 */
export interface Network {
  build(options: BuildOptions): Promise<Tensorflow.LayersModel>;
  phases(hyperparameters: Hyperparameters): Phase[];
  /** Whose work a pretrained part is. */
  attribution?: string;
}

const networks: Partial<Record<NetworkName, Network>> = { compact };

/** The network of this name. @throws InvalidInputError for one that is trained elsewhere */
export function networkNamed(name: NetworkName): Network {
  const network = networks[name];
  if (network) return network;
  throw new InvalidInputError(`This trainer cannot train '${name}'. It trains ${Object.keys(networks).join(" and ")}.`);
}
