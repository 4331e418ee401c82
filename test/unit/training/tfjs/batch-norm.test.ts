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

/** Output, gradients of gamma and beta and of x, and the moving statistics after one step of training. */
function step(model: Tensorflow.LayersModel): number[][] {
  const weights = model.trainableWeights.map((weight) => (weight as unknown as { val: Tensorflow.Variable }).val);
  const loss = (input: Tensor) =>
    tf.sum(tf.square(tf.sub(model.apply(input, { training: true }) as Tensor, 0.7))) as Tensorflow.Scalar;
  const { value, grads } = tf.variableGrads(() => loss(x), weights);
  const dx = tf.grad(loss)(x);
  const tensors = [value, ...weights.map(({ name }) => grads[name] as Tensor), dx, ...model.getWeights()];
  return tensors.map((tensor) => Array.from(tensor.dataSync()));
}

describe("useNativeBatchNorm", () => {
  it("computes what TensorFlow.js derives: output, gradients and moving mean", () => {
    const [derived, native] = [build(), build()];
    useNativeBatchNorm(native);
    const [expected, found] = [step(derived), step(native)];
    expect(found).toHaveLength(expected.length);
    // The last is the moving variance, in which the native operation counts one degree of freedom less, as Keras does.
    for (const [i, values] of expected.slice(0, -1).entries()) {
      for (const [j, value] of values.entries()) expect(found[i]?.[j]).toBeCloseTo(value, 2);
    }
    for (const [j, value] of (expected.at(-1) ?? []).entries()) {
      expect(found.at(-1)?.[j]).toBeCloseTo(value, 0);
      expect(found.at(-1)?.[j]).toBeGreaterThan(value);
    }
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
