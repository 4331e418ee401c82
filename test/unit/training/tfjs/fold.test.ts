import { describe, expect, it } from "vitest";
import { applyFolded, publishedLayers } from "../../../../training/tfjs/fold.ts";
import { type Tensorflow, tf } from "../../../../training/tfjs/tensorflow.ts";
import { buildTinyBackbone } from "../../../support/tiny-backbone.ts";

/** With statistics as a training leaves them, not as they begin. */
function trainedBackbone(): Tensorflow.LayersModel {
  const model = buildTinyBackbone();
  for (const layer of model.layers.filter((l) => l.getClassName() === "BatchNormalization")) {
    const shape = layer.getWeights()[0]?.shape ?? [];
    const [gamma, beta, mean] = [1, 2, 3].map((seed) => tf.randomNormal(shape, 0.5, 0.3, "float32", seed));
    const variance = tf.randomUniform(shape, 0.01, 2, "float32", 4);
    layer.setWeights([gamma, beta, mean, variance] as Tensorflow.Tensor[]);
  }
  return model;
}

describe("applyFolded", () => {
  const model = trainedBackbone();
  const image = tf.input({ shape: [224, 224, 3] });
  const replaced = applyFolded(model, image);
  const output = replaced.get(model.outputs[0]?.id ?? -1) as Tensorflow.SymbolicTensor;
  const folded = tf.model({ inputs: image, outputs: output });

  it("computes what the model computes, from far fewer layers", () => {
    const x = tf.randomUniform([2, 224, 224, 3], -1, 1, "float32", 5);
    const [wanted, found] = [model, folded].map((m) => m.predict(x) as Tensorflow.Tensor);
    const difference = tf.max(tf.abs(tf.sub(wanted as Tensorflow.Tensor, found as Tensorflow.Tensor))).dataSync()[0];
    expect(difference).toBeLessThan(1e-5);
    expect(tf.max(found as Tensorflow.Tensor).dataSync()[0]).toBeGreaterThan(0.1);
  });

  it("leaves no normalisation, and knows what stands for how many published layers", () => {
    const kinds = folded.layers.map((layer) => layer.getClassName());
    expect(kinds).not.toContain("BatchNormalization");
    const published = folded.layers.slice(1).reduce((sum, layer) => sum + publishedLayers(layer), 0);
    expect(published).toBe(model.layers.length - 1);
  });
});
