import { imageSize, storageGroups } from "../../core/contracts/dataset.ts";
import { InvalidInputError } from "../../core/errors.ts";
import type { Backbone } from "./backbone.ts";
import { applyFolded, publishedLayers } from "./fold.ts";
import type { BuildOptions, Network, Phase } from "./network.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

type Symbolic = Tensorflow.SymbolicTensor;
type Layer = Tensorflow.layers.Layer;

/** What the names of all layers begin with that are not the backbone's. */
const own = "head_";

/** Layers of MobileNetV1 that the head looks at in addition to the last one: the skin of a fruit is seen early. */
const depths = ["conv_pw_1_relu", "conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_8_relu", "conv_pw_11_relu"];

/**
 * A pretrained MobileNet with a new head: what the backbone sees at several depths, averaged over the picture, with two
 * layers of its own on the colours, which a network for a thousand kinds of things has learnt to overlook. One output for
 * each storage group, of which the condition selects its own.
 */
export const mobilenet: Network = {
  pretrained: true,
  attribution: "Backbone: MobileNetV1 with ImageNet weights, by Google, Apache License 2.0",
  phases({ finetuneDepth }) {
    const head: Phase = { name: "head", trainable: headOf, learningRateFactor: 1, cacheFrozenFeatures: true };
    const finetune: Phase = {
      name: "finetune",
      trainable: (model) => [...headOf(model), ...lastOfBackbone(model, finetuneDepth)].filter(keepsNoStatistics),
      learningRateFactor: 0.01,
      // Turned photographs would be new to the head, which then had to be learnt anew at a hundredth of the rate.
      cacheFrozenFeatures: true,
      relativeEpochCost: 8,
    };
    return finetuneDepth > 0 ? [head, finetune] : [head];
  },
  async build({ hyperparameters: { seed }, outputBias, backbone }: BuildOptions) {
    if (!backbone) throw new InvalidInputError("'mobilenet' is built on a backbone, and there is none");
    const image = tf.input({ shape: [imageSize, imageSize, 3], name: "image" });
    const condition = tf.input({ shape: [storageGroups.length], name: "condition" });
    const scaling = { scale: 1 / 127.5, offset: -1, name: `${own}scaled` };
    const scaled = tf.layers.rescaling(scaling).apply(image) as Symbolic;
    const seen = seenBy(backbone, scaled).map((map, i) => average(map, `seen_${i}`));
    const coarse = tf.layers.averagePooling2d({ poolSize: 8, name: `${own}coarse` }).apply(scaled) as Symbolic;
    const days = headOn(concatenate(seen, "seen"), coarse, condition, outputBias, seed);
    return tf.model({ inputs: [image, condition], outputs: days });
  },
};

function headOn(
  seen: Symbolic,
  coarse: Symbolic,
  condition: Symbolic,
  outputBias: readonly number[],
  seed: number,
): Symbolic {
  let seeds = seed;
  const initializer = () => tf.initializers.heNormal({ seed: seeds++ });
  const normalise = (x: Symbolic, name: string) =>
    tf.layers.batchNormalization({ epsilon: 0.01, name: `${own}${name}` }).apply(x) as Symbolic;
  const onPixels = (x: Symbolic, name: string) => {
    const config = { filters: 32, kernelSize: 1, useBias: false, kernelInitializer: initializer() };
    const convolved = tf.layers.conv2d({ ...config, name: `${own}${name}` }).apply(x) as Symbolic;
    return tf.layers.reLU({ name: `${own}${name}_relu` }).apply(normalise(convolved, `${name}_bn`)) as Symbolic;
  };
  const known = tf.layers.dropout({ rate: 0.5, seed, name: `${own}dropout` }).apply(normalise(seen, "seen_bn"));
  const colours = average(onPixels(onPixels(coarse, "colours_1"), "colours_2"), "colours");
  const dense = { units: 64, activation: "relu", kernelInitializer: initializer(), name: `${own}hidden` } as const;
  const hidden = tf.layers.dense(dense).apply(concatenate([known as Symbolic, colours], "features"));
  const groups = { units: storageGroups.length, kernelInitializer: initializer(), name: `${own}groups` };
  const outputs = tf.layers.dense(groups);
  const chosen = [outputs.apply(hidden) as Symbolic, condition];
  tf.tidy(() => outputs.setWeights([outputs.getWeights()[0] as Tensorflow.Tensor, tf.tensor1d([...outputBias])]));
  return tf.layers.dot({ axes: 1, name: `${own}days` }).apply(chosen) as Symbolic;
}

/**
 * The mean over a map, of a large map as the mean of the means of its parts: one sum of thousands of floats would differ
 * from one library to the next.
 */
function average(x: Symbolic, name: string): Symbolic {
  const part = [8, 7].find((side) => (x.shape[1] as number) > 14 && (x.shape[1] as number) % side === 0);
  const parts = part
    ? (tf.layers.averagePooling2d({ poolSize: part, name: `${own}${name}_parts` }).apply(x) as Symbolic)
    : x;
  const config = { dataFormat: "channelsLast", name: `${own}${name}_mean` } as const;
  return tf.layers.globalAveragePooling2d(config).apply(parts) as Symbolic;
}

function concatenate(parts: Symbolic[], name: string): Symbolic {
  if (parts.length === 1) return parts[0] as Symbolic;
  return tf.layers.concatenate({ name: `${own}${name}` }).apply(parts) as Symbolic;
}

/** What the backbone sees of the picture: `depths`, as far as it has them, and its output. */
function seenBy({ model }: Backbone, scaled: Symbolic): Symbolic[] {
  const replaced = applyFolded(model, scaled);
  const between = model.layers.filter(({ name }) => depths.includes(name)).map((layer) => layer.getOutputAt(0));
  return [...between, model.outputs[0]].map((output) => replaced.get((output as Symbolic).id) as Symbolic);
}

const headOf = ({ layers }: Tensorflow.LayersModel): Layer[] => layers.filter(({ name }) => name.startsWith(own));

/** The last layers of the backbone, at most `depth` of those that it was published with. */
function lastOfBackbone({ layers }: Tensorflow.LayersModel, depth: number): Layer[] {
  const backbone = layers.filter((layer) => !layer.name.startsWith(own) && layer.getClassName() !== "InputLayer");
  let left = depth;
  return backbone.toReversed().filter((layer) => {
    left -= publishedLayers(layer);
    return left >= 0;
  });
}

/** Fine-tuning leaves the statistics of batch normalisation as they are, and so all of it. */
const keepsNoStatistics = (layer: Layer): boolean => layer.getClassName() !== "BatchNormalization";
