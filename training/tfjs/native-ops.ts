import { type Tensorflow, tf } from "./tensorflow.ts";

type Tensor = Tensorflow.Tensor;
type Attribute = { name: string; type: number; value: unknown };

/** What tfjs-node's back end offers its own kernels: any operation of the native library by name. */
interface NativeBackend {
  binding: {
    TF_ATTR_TYPE: number;
    TF_ATTR_FLOAT: number;
    TF_ATTR_STRING: number;
    TF_ATTR_BOOL: number;
    TF_FLOAT: number;
  };
  executeMultipleOutputs(op: string, attributes: Attribute[], inputs: Tensor[], outputs: number): Tensor[];
  executeSingleOutput(op: string, attributes: Attribute[], inputs: Tensor[]): Tensor;
}

const native = tf.backend() as unknown as NativeBackend;
const { TF_ATTR_TYPE, TF_ATTR_FLOAT, TF_ATTR_STRING, TF_ATTR_BOOL, TF_FLOAT } = native.binding;
const float = (name: string): Attribute => ({ name, type: TF_ATTR_TYPE, value: TF_FLOAT });

// TensorFlow.js derives batch normalisation from a dozen whole-tensor operations, which takes longer than the
// convolutions; the native library has both directions as one operation each.
const batchNorm = "BatchNormTraining";
const batchNormGradient = "BatchNormTrainingGradient";
const batchNormAttributes = (epsilon: number): Attribute[] => [
  float("T"),
  float("U"),
  { name: "epsilon", type: TF_ATTR_FLOAT, value: epsilon },
  { name: "data_format", type: TF_ATTR_STRING, value: "NHWC" },
  { name: "is_training", type: TF_ATTR_BOOL, value: true },
];

tf.registerKernel({
  kernelName: batchNorm,
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs }) => {
    const { x, gamma, beta } = inputs as Record<string, Tensor>;
    const none = tf.tensor1d([]);
    return native.executeMultipleOutputs(
      "FusedBatchNormV3",
      batchNormAttributes(attrs?.epsilon as number),
      [x, gamma, beta, none, none] as Tensor[],
      6,
    );
  },
});
tf.registerKernel({
  kernelName: batchNormGradient,
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs }) => {
    const { dy, x, gamma, mean, variance, reserved } = inputs as Record<string, Tensor>;
    const operands = [dy, x, gamma, mean, variance, reserved] as Tensor[];
    return native.executeMultipleOutputs(
      "FusedBatchNormGradV3",
      batchNormAttributes(attrs?.epsilon as number),
      operands,
      5,
    );
  },
});
tf.registerGradient({
  kernelName: batchNorm,
  inputsToSave: ["x", "gamma"],
  outputsToSave: [false, false, false, true, true, true],
  gradFunc: (dy, saved, attrs) => {
    const [x, gamma, mean, variance, reserved] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const inputs = { dy: (dy as Tensor[])[0] as Tensor, x, gamma, mean, variance, reserved };
    const [dx, dgamma, dbeta] = tf.engine().runKernel(batchNormGradient, inputs, attrs) as Tensor[];
    return { x: () => dx as Tensor, gamma: () => dgamma as Tensor, beta: () => dbeta as Tensor };
  },
});

for (const [kernelName, op] of [
  ["Relu", "ReluGrad"],
  ["Relu6", "Relu6Grad"],
] as const) {
  tf.registerKernel({
    kernelName: op,
    backendName: "tensorflow",
    kernelFunc: ({ inputs }) => native.executeSingleOutput(op, [float("T")], [inputs.dy, inputs.x] as Tensor[]),
  });
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    kernelName,
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({
      x: () => tf.engine().runKernel(op, { dy: dy as Tensor, x: x as Tensor }) as Tensor,
    }),
  });
}

/**
 * Normalises `[N,H,W,C]` by the statistics of the batch.
 * @returns the normalised tensor, and the batch's mean and (unbiased) variance by channel
 */
export function batchNormTraining(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): [Tensor, Tensor, Tensor] {
  const outputs = tf.engine().runKernel(batchNorm, { x, gamma, beta }, { epsilon }) as Tensor[];
  return outputs.slice(0, 3) as [Tensor, Tensor, Tensor];
}
