import { z } from "zod";
import { InvalidModelError } from "../../../core/errors.ts";
import { type Tensorflow, tf } from "../tensorflow.ts";
import type { GraphBuilder } from "./graph.ts";
import { windowAttributes } from "./windows.ts";

/** One use of a layer in a model: its inputs by their name in the graph, and their shapes as in TensorFlow ([N,H,W,C]). */
export interface LayerCall {
  layer: Tensorflow.layers.Layer;
  config: Record<string, unknown>;
  inputs: string[];
  shapes: (number | null)[][];
  outputShape: (number | null)[];
}

type Converter = (graph: GraphBuilder, call: LayerCall) => string;

/** The first input: most layers have one. */
const only = ({ inputs }: LayerCall) => inputs[0] as string;
const shapeOf = ({ shapes }: LayerCall) => shapes[0] as (number | null)[];
const same: Converter = (_, call) => only(call);

// Pictures are [N,C,H,W] throughout the graph, as ONNX wants them; anything else keeps TensorFlow's order.
const convertConv2d: Converter = (graph, call) => {
  const [kernel, bias] = call.layer.getWeights() as [Tensorflow.Tensor4D, Tensorflow.Tensor?];
  const [rows, columns, inputs, filters] = kernel.shape;
  const weights = graph.floats(transpose(kernel, [3, 2, 0, 1]), [filters, inputs, rows, columns]);
  return convolve(graph, call, [rows, columns], weights, bias, 1);
};

const convertDepthwise: Converter = (graph, call) => {
  const [kernel, bias] = call.layer.getWeights() as [Tensorflow.Tensor4D, Tensorflow.Tensor?];
  const [rows, columns, inputs, multiplier] = kernel.shape;
  const weights = graph.floats(transpose(kernel, [2, 3, 0, 1]), [inputs * multiplier, 1, rows, columns]);
  return convolve(graph, call, [rows, columns], weights, bias, inputs);
};

function convolve(
  graph: GraphBuilder,
  call: LayerCall,
  kernel: number[],
  weights: string,
  bias: Tensorflow.Tensor | undefined,
  group: number,
): string {
  const inputs = [only(call), weights, ...(bias ? [constant(graph, bias)] : [])];
  const convolved = graph.add("Conv", inputs, { ...windowAttributes(call.config, kernel, shapeOf(call)), group });
  return activate(graph, convolved, call.config.activation);
}

const convertBatchNorm: Converter = (graph, call) => {
  const config = z.object({ epsilon: z.number(), axis: z.int(), scale: z.boolean(), center: z.boolean() });
  const { epsilon, axis, scale, center } = config.parse(call.config);
  if (axis !== -1 && axis !== shapeOf(call).length - 1) {
    throw new InvalidModelError(`${call.layer.name}: batch normalisation over axis ${axis} cannot be exported`);
  }
  const weights = call.layer.getWeights();
  const channels = shapeOf(call).at(-1) as number;
  const take = (present: boolean, otherwise: number) =>
    present
      ? constant(graph, weights.shift() as Tensorflow.Tensor)
      : graph.floats(Array(channels).fill(otherwise), [channels]);
  const parameters = [take(scale, 1), take(center, 0), take(true, 0), take(true, 1)];
  return graph.add("BatchNormalization", [only(call), ...parameters], { epsilon: { float: epsilon } });
};

const convertPooling =
  (op: "AveragePool" | "MaxPool"): Converter =>
  (graph, call) => {
    const { poolSize } = z.object({ poolSize: z.array(z.int()).length(2) }).parse(call.config);
    const { dilations, ...attributes } = windowAttributes(call.config, poolSize, shapeOf(call));
    return graph.add(op, [only(call)], attributes);
  };

const convertGlobalPooling =
  (op: "GlobalAveragePool" | "GlobalMaxPool"): Converter =>
  (graph, call) =>
    graph.add("Flatten", [graph.add(op, [only(call)])]);

const convertDense: Converter = (graph, call) => {
  if (shapeOf(call).length !== 2) throw new InvalidModelError(`${call.layer.name}: dense wants [N,features]`);
  const [kernel, bias] = call.layer.getWeights() as [Tensorflow.Tensor, Tensorflow.Tensor?];
  const inputs = [only(call), constant(graph, kernel), ...(bias ? [constant(graph, bias)] : [])];
  return activate(graph, graph.add("Gemm", inputs), call.config.activation);
};

const convertZeroPadding: Converter = (graph, call) => {
  const sides = z.tuple([z.int(), z.int()]);
  const { padding } = z.object({ padding: z.tuple([sides, sides]) }).parse(call.config);
  const [[top, bottom], [left, right]] = padding;
  return graph.add("Pad", [only(call), graph.integers([0, 0, top, left, 0, 0, bottom, right])]);
};

const convertConcatenate: Converter = (graph, call) => {
  const { axis } = z.object({ axis: z.int() }).parse(call.config);
  const rank = shapeOf(call).length;
  if ((rank !== 2 && rank !== 4) || (axis + rank) % rank !== rank - 1) {
    throw new InvalidModelError(`${call.layer.name}: only channels or features can be concatenated`);
  }
  return graph.add("Concat", call.inputs, { axis: 1 });
};

/** A picture is read row by row, channels last: the order that the weights behind it were learnt for. */
const convertReshape: Converter = (graph, call) => {
  const ordered =
    shapeOf(call).length === 4 ? graph.add("Transpose", [only(call)], { perm: [0, 2, 3, 1] }) : only(call);
  const reshaped = graph.add("Reshape", [
    ordered,
    graph.integers([-1, ...call.outputShape.slice(1).map((side) => side as number)]),
  ]);
  return call.outputShape.length === 4 ? graph.add("Transpose", [reshaped], { perm: [0, 3, 1, 2] }) : reshaped;
};

const convertDot: Converter = (graph, call) => {
  if (call.shapes.some(({ length }) => length !== 2)) {
    throw new InvalidModelError(`${call.layer.name}: dot wants two inputs [N,values]`);
  }
  const products = graph.add("Mul", call.inputs);
  return graph.add("ReduceSum", [products, graph.integers([1])], { keepdims: 1 });
};

const convertRescaling: Converter = (graph, call) => {
  const { scale, offset } = z.object({ scale: z.number(), offset: z.number() }).parse(call.config);
  return graph.add("Add", [graph.add("Mul", [only(call), graph.floats([scale], [])]), graph.floats([offset], [])]);
};

const convertRelu: Converter = (graph, call) => {
  const { maxValue } = z.object({ maxValue: z.number().nullish() }).parse(call.config);
  return maxValue == null ? graph.add("Relu", [only(call)]) : clip(graph, only(call), maxValue);
};

function activate(graph: GraphBuilder, input: string, activation: unknown): string {
  const simple: Record<string, string> = { relu: "Relu", sigmoid: "Sigmoid", tanh: "Tanh", softplus: "Softplus" };
  if (activation == null || activation === "linear") return input;
  if (activation === "relu6") return clip(graph, input, 6);
  const op = simple[String(activation)];
  if (!op) throw new InvalidModelError(`Activation '${String(activation)}' cannot be exported to ONNX`);
  return graph.add(op, [input]);
}

function clip(graph: GraphBuilder, input: string, maximum: number): string {
  return graph.add("Clip", [input, graph.floats([0], []), graph.floats([maximum], [])]);
}

function constant(graph: GraphBuilder, tensor: Tensorflow.Tensor): string {
  return graph.floats(tensor.dataSync() as Float32Array, tensor.shape);
}

function transpose(tensor: Tensorflow.Tensor, order: number[]): Float32Array {
  return tf.tidy(() => tf.transpose(tensor, order).dataSync() as Float32Array);
}

/** How each kind of layer is written in ONNX, by its class name. */
export const converters: Record<string, Converter> = {
  Conv2D: convertConv2d,
  DepthwiseConv2D: convertDepthwise,
  BatchNormalization: convertBatchNorm,
  Activation: (graph, call) => activate(graph, only(call), call.config.activation),
  ReLU: convertRelu,
  AveragePooling2D: convertPooling("AveragePool"),
  MaxPooling2D: convertPooling("MaxPool"),
  GlobalAveragePooling2D: convertGlobalPooling("GlobalAveragePool"),
  GlobalMaxPooling2D: convertGlobalPooling("GlobalMaxPool"),
  ZeroPadding2D: convertZeroPadding,
  Dense: convertDense,
  Flatten: convertReshape,
  Reshape: convertReshape,
  Concatenate: convertConcatenate,
  Dot: convertDot,
  Add: (graph, { inputs }) => inputs.reduce((sum, input) => graph.add("Add", [sum, input])),
  Multiply: (graph, { inputs }) => inputs.reduce((product, input) => graph.add("Mul", [product, input])),
  Rescaling: convertRescaling,
  // Noise for training only.
  Dropout: same,
};
