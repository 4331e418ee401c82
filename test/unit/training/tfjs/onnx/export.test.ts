import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { exportOnnx } from "../../../../../training/tfjs/onnx/export.ts";
import { type Tensorflow, tf } from "../../../../../training/tfjs/tensorflow.ts";

type Symbolic = Tensorflow.SymbolicTensor;
const { layers } = tf;

/** Shapes with edges, off the centre: pure noise would hide a padding that is wrong by one. */
function structuredImages(side: number, channels = 3): Float32Array {
  const pixels = new Float32Array(2 * side * side * channels);
  for (let i = 0; i < pixels.length; i++) {
    const place = Math.floor(i / channels);
    const [image, y, x] = [Math.floor(place / side / side), Math.floor(place / side) % side, place % side];
    const inside = (x - side * 0.3) ** 2 + (y - side * (0.4 + 0.2 * image)) ** 2 < (side * 0.3) ** 2;
    pixels[i] = (inside ? 1.5 : 0) + (x > side - 3 ? 2 : 0) + (y / side) * (1 + (i % channels));
  }
  return pixels;
}

/** A model over a square picture that ends in `[N, features]`; its weights are random, moving statistics included. */
function build(side: number, stack: (x: Symbolic) => Symbolic): Tensorflow.LayersModel {
  const image = tf.input({ shape: [side, side, 3], name: "image" });
  const model = tf.model({ inputs: image, outputs: stack(image) });
  for (const layer of model.layers) {
    layer.setWeights(
      layer.getWeights().map((w, i) => {
        const random = tf.randomUniform(w.shape, -0.5, 0.5, "float32", 7 + i);
        return layer.getClassName() === "BatchNormalization" && i === 3 ? tf.abs(random) : random;
      }),
    );
  }
  return model;
}

async function largestDifference(model: Tensorflow.LayersModel): Promise<number> {
  const shape = [2, ...(model.inputs[0] as Symbolic).shape.slice(1)] as [number, number, number, number];
  const pixels = structuredImages(shape[1]);
  const expected = (model.predict(tf.tensor4d(pixels, shape)) as Tensorflow.Tensor).dataSync();
  const session = await InferenceSession.create(exportOnnx(model));
  const { output } = await session.run({ image: new Tensor("float32", pixels, shape) });
  const found = output?.data as Float32Array;
  expect(found).toHaveLength(expected.length);
  expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.01);
  return Math.max(...expected.map((value, i) => Math.abs(value - (found[i] as number))));
}

const flatten = (x: Symbolic) => layers.flatten().apply(x) as Symbolic;

describe("exportOnnx", () => {
  for (const side of [15, 16]) {
    for (const strides of [1, 2]) {
      for (const padding of ["same", "valid"] as const) {
        it(`convolves ${side} pixels at stride ${strides} with padding '${padding}' as TensorFlow does`, async () => {
          const conv = layers.conv2d({ filters: 4, kernelSize: 3, strides, padding });
          expect(await largestDifference(build(side, (x) => flatten(conv.apply(x) as Symbolic)))).toBeLessThan(1e-4);
        });

        it(`convolves by channel ${side} pixels at stride ${strides}, padding '${padding}'`, async () => {
          const conv = layers.depthwiseConv2d({
            kernelSize: 3,
            strides: [strides, strides],
            padding,
            depthMultiplier: 2,
          });
          expect(await largestDifference(build(side, (x) => flatten(conv.apply(x) as Symbolic)))).toBeLessThan(1e-4);
        });
      }
    }

    it(`pools ${side} pixels with and without padding`, async () => {
      const model = build(side, (x) => {
        const average = layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }).apply(x) as Symbolic;
        const max = layers.maxPooling2d({ poolSize: 2, strides: 2, padding: "same" }).apply(x) as Symbolic;
        const inner = layers.averagePooling2d({ poolSize: 2 }).apply(layers.maxPooling2d({ poolSize: 3 }).apply(x));
        const parts = [flatten(average), flatten(max), flatten(inner as Symbolic)];
        return layers.concatenate().apply(parts) as Symbolic;
      });
      expect(await largestDifference(model)).toBeLessThan(1e-5);
    });
  }

  it("dilates a convolution as TensorFlow does", async () => {
    const conv = layers.conv2d({ filters: 3, kernelSize: 3, dilationRate: 2, padding: "same" });
    expect(await largestDifference(build(13, (x) => flatten(conv.apply(x) as Symbolic)))).toBeLessThan(1e-4);
  });

  it("exports the layers that a MobileNet is made of", async () => {
    const model = build(33, (image) => {
      const bn = (x: Symbolic) => layers.batchNormalization({ epsilon: 0.001 }).apply(x) as Symbolic;
      const relu6 = (x: Symbolic) => layers.activation({ activation: "relu6" as "relu" }).apply(x) as Symbolic;
      let x = layers
        .zeroPadding2d({
          padding: [
            [0, 1],
            [0, 1],
          ],
        })
        .apply(image) as Symbolic;
      x = relu6(bn(layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, useBias: false }).apply(x) as Symbolic));
      const depthwise = layers.depthwiseConv2d({ kernelSize: 3, padding: "same", strides: [2, 2], useBias: false });
      x = relu6(bn(depthwise.apply(x) as Symbolic));
      x = relu6(bn(layers.conv2d({ filters: 16, kernelSize: 1, useBias: false }).apply(x) as Symbolic));
      const pooled = layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(x) as Symbolic;
      const reshaped = layers.reshape({ targetShape: [1, 1, 16] }).apply(pooled) as Symbolic;
      const dropped = layers.dropout({ rate: 0.5 }).apply(reshaped) as Symbolic;
      return flatten(layers.conv2d({ filters: 5, kernelSize: 1 }).apply(dropped) as Symbolic);
    });
    expect(await largestDifference(model)).toBeLessThan(1e-5);
  });

  it("keeps the order of weights behind a flattened and a reshaped picture", async () => {
    const model = build(6, (x) => {
      const reshaped = layers.reshape({ targetShape: [12, 3, 3] }).apply(x) as Symbolic;
      return layers.dense({ units: 4, activation: "sigmoid" }).apply(flatten(reshaped)) as Symbolic;
    });
    expect(await largestDifference(model)).toBeLessThan(1e-5);
  });

  it("exports scaling, sums, products, clipped values and global maxima", async () => {
    const model = build(8, (x) => {
      const scaled = layers.rescaling({ scale: 0.5, offset: -0.25 }).apply(x) as Symbolic;
      const sum = layers.add().apply([scaled, layers.multiply().apply([scaled, x]) as Symbolic]);
      const clipped = layers.reLU({ maxValue: 1.25 }).apply(sum) as Symbolic;
      const highest = layers.globalMaxPooling2d({ dataFormat: "channelsLast" }).apply(sum) as Symbolic;
      return layers.concatenate().apply([flatten(clipped), highest]) as Symbolic;
    });
    expect(await largestDifference(model)).toBeLessThan(1e-6);
  });

  it("takes bytes and bounds its output where asked to", async () => {
    const model = build(2, flatten);
    const onnx = exportOnnx(model, { uint8Inputs: ["image"], outputName: "days", outputRange: [10, 200] });
    const session = await InferenceSession.create(onnx);
    const bytes = Uint8Array.from([0, 9, 10, 11, 199, 200, 201, 255, 100, 1, 2, 3]);
    const { days } = await session.run({ image: new Tensor("uint8", bytes, [1, 2, 2, 3]) });
    expect(Array.from(days?.data as Float32Array)).toEqual([10, 10, 10, 11, 199, 200, 200, 200, 100, 10, 10, 10]);
  });

  it("names a layer that has no counterpart", () => {
    const model = build(8, (x) => flatten(layers.upSampling2d({ name: "larger" }).apply(x) as Symbolic));
    expect(() => exportOnnx(model)).toThrow("Layer 'larger' (UpSampling2D) cannot be exported to ONNX");
  });
});
