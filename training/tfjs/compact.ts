import { imageSize, storageGroups } from "../../core/contracts/dataset.ts";
import type { BuildOptions, Network } from "./network.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

type Symbolic = Tensorflow.SymbolicTensor;

/** Filters of the pairs of convolutions; each pair works at half the side of the one before, from 56 pixels on. */
const widths = [
  [16, 24],
  [32, 48],
  [64, 96],
] as const;

/**
 * A small network from scratch, 140,000 weights: the photograph at 112 pixels, six convolutions, and one output for each
 * storage group, of which the condition selects its own.
 */
export const compact: Network = {
  phases: () => [{ name: "train", trainable: ({ layers }) => layers, learningRateFactor: 1 }],
  async build({ hyperparameters: { seed }, outputBias }: BuildOptions) {
    let seeds = seed;
    const initializer = () => tf.initializers.heNormal({ seed: seeds++ });
    const conv = (x: Symbolic, filters: number, kernelSize: number, strides: number): Symbolic => {
      const config = { filters, kernelSize, strides, padding: "same", useBias: false } as const;
      const convolved = tf.layers.conv2d({ ...config, kernelInitializer: initializer() }).apply(x) as Symbolic;
      const normalised = tf.layers.batchNormalization().apply(convolved) as Symbolic;
      return tf.layers.reLU().apply(normalised) as Symbolic;
    };

    const image = tf.input({ shape: [imageSize, imageSize, 3], name: "image" });
    const condition = tf.input({ shape: [storageGroups.length], name: "condition" });
    const half = tf.layers.averagePooling2d({ poolSize: 2 }).apply(image);
    const scaled = tf.layers.rescaling({ scale: 1 / 127.5, offset: -1 }).apply(half) as Symbolic;
    let x = scaled;
    for (const [i, [first, second]] of widths.entries()) {
      if (i > 0) x = tf.layers.maxPooling2d({ poolSize: 2 }).apply(x) as Symbolic;
      x = conv(conv(x, first, 3, i === 0 ? 2 : 1), second, 3, 1);
    }
    const coarse = tf.layers.averagePooling2d({ poolSize: 4 }).apply(scaled) as Symbolic;
    const colour = conv(conv(coarse, 32, 1, 1), 32, 1, 1);
    const features = tf.layers
      .concatenate()
      .apply([
        tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(x) as Symbolic,
        tf.layers.globalMaxPooling2d({ dataFormat: "channelsLast" }).apply(x) as Symbolic,
        tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(colour) as Symbolic,
      ]);
    const hidden = tf.layers.dense({ units: 96, activation: "relu", kernelInitializer: initializer() }).apply(features);
    const outputs = tf.layers.dense({ units: storageGroups.length, kernelInitializer: initializer(), name: "groups" });
    const days = tf.layers.dot({ axes: 1 }).apply([outputs.apply(hidden) as Symbolic, condition]) as Symbolic;
    tf.tidy(() => outputs.setWeights([outputs.getWeights()[0] as Tensorflow.Tensor, tf.tensor1d([...outputBias])]));
    return tf.model({ inputs: [image, condition], outputs: days });
  },
};
