import { describe, expect, it } from "vitest";
import { useNativeBatchNorm } from "../../../../training/tfjs/batch-norm.ts";
import { type Tensorflow, tf } from "../../../../training/tfjs/tensorflow.ts";

type Tensor = Tensorflow.Tensor;
const x = tf.randomNormal([4, 5, 6, 3], 2, 3, "float32", 1);

function build(): Tensorflow.LayersModel {
  const input = tf.input({ shape: [5, 6, 3] });
  const normalised = tf.layers.batchNormalization({ momentum: 0.8, epsilon: 0.01 }).apply(input);
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

  it("forgets the arbitrary beginning of the moving statistics, then averages over more and more steps", () => {
    const model = build();
    useNativeBatchNorm(model);
    model.apply(x, { training: true });
    for (const [i, mean] of movingMean(model).entries()) expect(mean).toBeCloseTo(meanOf(x)[i] as number, 4);
    for (let i = 0; i < 30; i++) model.apply(x, { training: true });
    const other = tf.add(x, 10);
    model.apply(other, { training: true });
    const before = meanOf(x)[0] as number;
    // The layer's momentum, 0.8, is the most.
    expect(((movingMean(model)[0] as number) - before) / ((meanOf(other)[0] as number) - before)).toBeCloseTo(0.2, 3);
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
});
