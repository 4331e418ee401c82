import { batchNormTraining } from "./native-ops.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

type Tensor = Tensorflow.Tensor;
type Layer = Tensorflow.layers.Layer;

/** A batch normalisation layer's own parts, which its published type leaves out. */
interface BatchNormalization extends Layer {
  gamma: Tensorflow.LayerVariable;
  beta: Tensorflow.LayerVariable;
  movingMean: Tensorflow.LayerVariable;
  movingVariance: Tensorflow.LayerVariable;
  momentum: number;
  epsilon: number;
}

/**
 * Has the batch normalisation layers of a model train with the native operations, and leaves those alone that do not
 * train: a frozen layer keeps its statistics and normalises by them, which TensorFlow.js would not do.
 *
 * The moving statistics forget their arbitrary beginning: they average over the last third of the steps so far, until that
 * is as long as the layer's momentum says. A fixed momentum is either too slow for a short training or so quick that the
 * fruits of the last few batches decide what every photograph is normalised by, which costs days.
 */
export function useNativeBatchNorm(model: Tensorflow.LayersModel): void {
  for (const layer of model.layers) {
    if (layer.getClassName() === "BatchNormalization") speedUp(layer as BatchNormalization);
  }
}

function speedUp(layer: BatchNormalization): void {
  const callAsPublished = layer.call.bind(layer);
  let steps = 0;
  layer.call = (inputs, options) => {
    if (!options.training) return callAsPublished(inputs, options);
    if (!layer.trainable) return callAsPublished(inputs, { ...options, training: false });
    const x = Array.isArray(inputs) ? (inputs[0] as Tensor) : inputs;
    steps++;
    const momentum = Math.min(layer.momentum, 1 - 1 / Math.max(1, steps / 3));
    return tf.tidy(() => {
      // The native operation knows pictures only: features are pictures of one pixel.
      const pictures = x.rank === 2 ? tf.reshape(x, [-1, 1, 1, x.shape[1] as number]) : x;
      const { gamma, beta, epsilon } = layer;
      const [y, mean, variance] = batchNormTraining(pictures, gamma.read(), beta.read(), epsilon);
      moveTowards(layer.movingMean, mean, momentum);
      moveTowards(layer.movingVariance, variance, momentum);
      return tf.reshape(y, x.shape);
    });
  };
}

function moveTowards(moving: Tensorflow.LayerVariable, value: Tensor, momentum: number): void {
  moving.write(tf.add(tf.mul(moving.read(), momentum), tf.mul(value, 1 - momentum)));
}
