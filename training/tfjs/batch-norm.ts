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
  epsilon: number;
  /** Batches that the statistics are the average of. */
  batches: number;
}

/**
 * Has the batch normalisation layers of a model train with the native operations, and leaves those alone that do not
 * train: a frozen layer keeps its statistics and normalises by them, which TensorFlow.js would not do.
 *
 * The statistics that prediction normalises by are the plain average over the batches since the returned function was
 * last called. Collected anew over a few batches when the weights stand still, they are those of the network as it is
 * ("precise" batch normalisation, arXiv 2105.07576); a moving average lags behind the weights, which costs days.
 *
 * @returns forgets what has been collected; false when no layer collects
 */
export function useNativeBatchNorm(model: Tensorflow.LayersModel): () => boolean {
  const layers = model.layers.filter((layer) => layer.getClassName() === "BatchNormalization") as BatchNormalization[];
  for (const layer of layers) speedUp(layer);
  return () => {
    for (const layer of layers) layer.batches = 0;
    return layers.some(({ trainable }) => trainable);
  };
}

function speedUp(layer: BatchNormalization): void {
  const callAsPublished = layer.call.bind(layer);
  layer.batches = 0;
  layer.call = (inputs, options) => {
    if (!options.training) return callAsPublished(inputs, options);
    if (!layer.trainable) return callAsPublished(inputs, { ...options, training: false });
    const x = Array.isArray(inputs) ? (inputs[0] as Tensor) : inputs;
    layer.batches++;
    return tf.tidy(() => {
      // The native operation knows pictures only: features are pictures of one pixel.
      const pictures = x.rank === 2 ? tf.reshape(x, [-1, 1, 1, x.shape[1] as number]) : x;
      const { gamma, beta, epsilon } = layer;
      const [y, mean, variance] = batchNormTraining(pictures, gamma.read(), beta.read(), epsilon);
      moveTowards(layer.movingMean, mean, 1 / layer.batches);
      moveTowards(layer.movingVariance, variance, 1 / layer.batches);
      return tf.reshape(y, x.shape);
    });
  };
}

function moveTowards(average: Tensorflow.LayerVariable, value: Tensor, share: number): void {
  average.write(tf.add(tf.mul(average.read(), 1 - share), tf.mul(value, share)));
}
