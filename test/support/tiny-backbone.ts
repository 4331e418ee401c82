import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Tensorflow, tf } from "../../training/tfjs/tensorflow.ts";

type Symbolic = Tensorflow.SymbolicTensor;

/** A network as MobileNetV1 begins, far narrower: one convolution and two separable ones, [N,224,224,3] to [N,28,28,8]. */
export function buildTinyBackbone(): Tensorflow.LayersModel {
  const image = tf.input({ shape: [224, 224, 3], name: "input_1" });
  const seeded = (seed: number) => tf.initializers.heNormal({ seed });
  const close = (x: Symbolic, name: string) => {
    const normalised = tf.layers.batchNormalization({ name: `${name}_bn` }).apply(x) as Symbolic;
    return tf.layers.activation({ activation: "relu6", name: `${name}_relu` }).apply(normalised) as Symbolic;
  };
  const config = { kernelSize: 3, padding: "same", useBias: false } as const;
  const first = { ...config, filters: 4, strides: 8, kernelInitializer: seeded(1), name: "conv1" };
  let x = close(tf.layers.conv2d(first).apply(image) as Symbolic, "conv1");
  const depthwise = { ...config, depthwiseInitializer: seeded(2), name: "conv_dw_1" };
  x = close(tf.layers.depthwiseConv2d(depthwise).apply(x) as Symbolic, "conv_dw_1");
  for (const [i, filters] of [6, 8].entries()) {
    const name = `conv_pw_${i + 1}`;
    const pointwise = { ...config, kernelSize: 1, filters, kernelInitializer: seeded(3 + i), name };
    x = close(tf.layers.conv2d(pointwise).apply(x) as Symbolic, name);
  }
  return tf.model({ inputs: image, outputs: x });
}

/** Writes a model as `model.json` and `weights.bin`. */
export async function saveLayersModel(model: Tensorflow.LayersModel, folder: string): Promise<void> {
  await model.save({
    async save({ modelTopology, weightSpecs, weightData }) {
      await mkdir(folder, { recursive: true });
      const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
      await writeFile(
        join(folder, "model.json"),
        JSON.stringify({ format: "layers-model", modelTopology, weightsManifest }),
      );
      await writeFile(join(folder, "weights.bin"), new Uint8Array(weightData as ArrayBuffer));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    },
  });
}
