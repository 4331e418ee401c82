import { rebuild } from "./graph.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

type Symbolic = Tensorflow.SymbolicTensor;
type Layer = Tensorflow.layers.Layer;

const folded = new WeakSet<Layer>();

/** Layers of the network as it was published that one layer stands for: 2 for a convolution with its normalisation. */
export const publishedLayers = (layer: Layer): number => (folded.has(layer) ? 2 : 1);

/**
 * Applies a pretrained model to another input, with each convolution and the batch normalisation behind it as one
 * convolution: the statistics are frozen by that. ONNX Runtime does the same to the exported graph, in float32, and the
 * rounding would move the days by more than the export allows.
 * @returns what stands for each tensor of the model, by id
 */
export function applyFolded(model: Tensorflow.LayersModel, input: Symbolic): Map<number, Symbolic> {
  const replaced = new Map([[(model.inputs[0] as Symbolic).id, input]]);
  for (const layer of model.layers) {
    const output = layer.getOutputAt(0) as Symbolic;
    const [convolved] = output.inputs;
    if (layer.getClassName() === "BatchNormalization" && convolved && isPlainConvolution(convolved.sourceLayer)) {
      const from = rebuild(convolved.inputs[0] as Symbolic, replaced);
      replaced.set(output.id, applyOne(convolved.sourceLayer, layer, from));
    }
  }
  rebuild(model.outputs[0] as Symbolic, replaced);
  return replaced;
}

function isPlainConvolution(layer: Layer): boolean {
  const { useBias, activation } = layer.getConfig();
  return ["Conv2D", "DepthwiseConv2D"].includes(layer.getClassName()) && !useBias && activation === "linear";
}

function applyOne(convolution: Layer, normalisation: Layer, input: Symbolic): Symbolic {
  const config = { ...convolution.getConfig(), useBias: true };
  const one =
    convolution.getClassName() === "DepthwiseConv2D"
      ? tf.layers.depthwiseConv2d(config as unknown as Parameters<typeof tf.layers.depthwiseConv2d>[0])
      : tf.layers.conv2d(config as unknown as Parameters<typeof tf.layers.conv2d>[0]);
  const output = one.apply(input) as Symbolic;
  const [kernel] = convolution.getWeights() as [Tensorflow.Tensor];
  const { scales, offsets } = scalesOf(normalisation);
  // The channels come last in both kinds of kernels.
  const weights = kernel.dataSync().map((weight, i) => weight * (scales[i % scales.length] as number));
  tf.tidy(() => one.setWeights([tf.tensor(weights, kernel.shape), tf.tensor1d(offsets)]));
  folded.add(one);
  return output;
}

/** What a batch normalisation multiplies each channel by, and then adds. */
function scalesOf(layer: Layer): { scales: number[]; offsets: number[] } {
  const { epsilon, scale, center } = layer.getConfig() as { epsilon: number; scale: boolean; center: boolean };
  const weights = layer.getWeights().map((weight) => Array.from(weight.dataSync()));
  const variance = weights.pop() as number[];
  const mean = weights.pop() as number[];
  const beta = center ? (weights.pop() as number[]) : mean.map(() => 0);
  const gamma = scale ? (weights.pop() as number[]) : mean.map(() => 1);
  const scales = variance.map((value, i) => (gamma[i] as number) / Math.sqrt(value + epsilon));
  return { scales, offsets: mean.map((value, i) => (beta[i] as number) - value * (scales[i] as number)) };
}
