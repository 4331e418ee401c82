import { describe, expect, it } from "vitest";
import { useNativeBatchNorm } from "../../../../training/tfjs/batch-norm.ts";
import { type Tensorflow, tf } from "../../../../training/tfjs/tensorflow.ts";

type Tensor = Tensorflow.Tensor;
const x = tf.randomNormal([4, 5, 6, 3], 2, 3, "float32", 1);

function build(): Tensorflow.LayersModel {
  const input = tf.input({ shape: [5, 6, 3] });
  const normalised = tf.layers.batchNormalization({ epsilon: 0.01 }).apply(input);
  const output = tf.layers.reLU().apply(normalised) as Tensorflow.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}

/** Loss, gradients of gamma and beta and of x in one step of training. */
function step(model: Tensorflow.LayersModel): number[][] {
  const weights = model.trainableWeights.map((weight) => (weight as unknown as { val: Tensorflow.Variable }).val);
  const loss = (input: Tensor) =>
    tf.sum(tf.square(tf.sub(model.apply(input, { training: true }) as Tensor, 0.7))) as Tensorflow.Scalar;
  const { value, grads } = tf.variableGrads(() => loss(x), weights);
  const tensors = [value, ...weights.map(({ name }) => grads[name] as Tensor), tf.grad(loss)(x)];
  return tensors.map((tensor) => Array.from(tensor.dataSync()));
}

const movingMean = (model: Tensorflow.LayersModel) => Array.from((model.getWeights()[2] as Tensor).dataSync());
const meanOf = (input: Tensor) => Array.from(tf.mean(input, [0, 1, 2]).dataSync());

describe("useNativeBatchNorm", () => {
  it("computes what TensorFlow.js derives: output and gradients", () => {
    const [derived, native] = [build(), build()];
    useNativeBatchNorm(native);
    const [expected, found] = [step(derived), step(native)];
    expect(found).toHaveLength(expected.length);
    for (const [i, values] of expected.entries()) {
      for (const [j, value] of values.entries()) expect(found[i]?.[j]).toBeCloseTo(value, 2);
    }
  });

  it("averages the statistics over all batches since they were restarted", () => {
    const model = build();
    const restart = useNativeBatchNorm(model);
    model.apply(tf.add(x, 100), { training: true });
    expect(restart()).toBe(true);
    for (const shift of [0, 3, 9]) model.apply(tf.add(x, shift), { training: true });
    for (const [i, mean] of movingMean(model).entries()) expect(mean).toBeCloseTo((meanOf(x)[i] as number) + 4, 3);
  });

  it("has nothing to collect where every layer is frozen", () => {
    const model = build();
    const restart = useNativeBatchNorm(model);
    for (const layer of model.layers) layer.trainable = false;
    expect(restart()).toBe(false);
  });

  it("keeps the statistics of a frozen layer and normalises by them", () => {
    const model = build();
    useNativeBatchNorm(model);
    for (const layer of model.layers) layer.trainable = false;
    const before = model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const trained = model.apply(x, { training: true }) as Tensor;
    expect(model.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(before);
    expect(Array.from(trained.dataSync())).toEqual(Array.from((model.predict(x) as Tensor).dataSync()));
  });

  it("normalises features as it does pictures", () => {
    const input = tf.input({ shape: [3] });
    const output = tf.layers.batchNormalization().apply(input) as Tensorflow.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: output });
    useNativeBatchNorm(model);
    const features = tf.tensor2d([0, 0, 5, 2, 10, 5], [2, 3]);
    const normalised = model.apply(features, { training: true }) as Tensor;
    expect(normalised.shape).toEqual([2, 3]);
    for (const [i, value] of [-1, -1, 0, 1, 1, 0].entries()) expect(normalised.dataSync()[i]).toBeCloseTo(value, 2);
    for (const [i, mean] of [1, 5, 5].entries()) expect(movingMean(model)[i]).toBeCloseTo(mean, 5);
  });
});
