import { InvalidModelError } from "../../../core/errors.ts";
import type { Tensorflow } from "../tensorflow.ts";
import { GraphBuilder } from "./graph.ts";
import { converters, type LayerCall } from "./layers.ts";

type Symbolic = Tensorflow.SymbolicTensor;

/** One use of a layer, as TensorFlow.js keeps it. */
interface LayerNode {
  outboundLayer: Tensorflow.layers.Layer;
  inputTensors: Symbolic[];
  outputTensors: Symbolic[];
}

/** How the graph's inputs and its output differ from the model's own. */
export interface ExportOptions {
  /** Inputs, by name, that come as bytes (uint8). */
  uint8Inputs?: readonly string[];
  outputName?: string;
  /** The lowest and the highest value that the output takes. */
  outputRange?: readonly [low: number, high: number];
}

/**
 * Writes a TensorFlow.js layers model as an ONNX graph (opset 17) that computes the same: inputs keep the names of the
 * model's input layers and TensorFlow's order of dimensions. By hand: exporters (tf2onnx) read Keras and SavedModels in Python,
 * none reads TensorFlow.js.
 * @throws InvalidModelError naming a layer that has no counterpart
 */
export function exportOnnx(model: Tensorflow.LayersModel, options: ExportOptions = {}): Uint8Array {
  const { uint8Inputs = [], outputName = "output", outputRange } = options;
  const graph = new GraphBuilder(model.name);
  const names = new Map<number, string>();
  for (const input of model.inputs) {
    names.set(input.id, addInput(graph, input, uint8Inputs.includes(layerName(input))));
  }
  for (const node of nodesInOrder(model)) {
    const [output] = node.outputTensors;
    if (output && !names.has(output.id)) names.set(output.id, convert(graph, node, output, names));
  }
  const [output] = model.outputs;
  if (model.outputs.length !== 1 || output?.shape.length !== 2) {
    throw new InvalidModelError("Only a model with one output [N,values] can be exported");
  }
  const bounds = outputRange?.map((bound) => graph.floats([bound], [])) ?? [];
  graph.add(outputRange ? "Clip" : "Identity", [nameOf(output, names), ...bounds], {}, outputName);
  graph.output({ name: outputName, type: "float", dimensions: dimensionsOf(output) });
  return graph.encode();
}

function addInput(graph: GraphBuilder, input: Symbolic, bytes: boolean): string {
  const type = bytes ? "uint8" : "float";
  const name = graph.input({ name: layerName(input), type, dimensions: dimensionsOf(input) });
  const floats = bytes ? graph.add("Cast", [name], { to: 1 }) : name;
  return input.shape.length === 4 ? graph.add("Transpose", [floats], { perm: [0, 3, 1, 2] }) : floats;
}

function convert(graph: GraphBuilder, node: LayerNode, output: Symbolic, names: Map<number, string>): string {
  const { outboundLayer: layer, inputTensors } = node;
  const kind = layer.getClassName();
  const converter = converters[kind];
  if (!converter) throw new InvalidModelError(`Layer '${layer.name}' (${kind}) cannot be exported to ONNX`);
  const call: LayerCall = {
    layer,
    config: layer.getConfig(),
    inputs: inputTensors.map((input) => nameOf(input, names)),
    shapes: inputTensors.map(({ shape }) => shape),
    outputShape: output.shape,
  };
  return converter(graph, call);
}

/** The uses of layers that lead to the model's output, each after those it depends on. */
function nodesInOrder(model: Tensorflow.LayersModel): LayerNode[] {
  const { nodesByDepth } = model as unknown as { nodesByDepth: Record<string, LayerNode[]> };
  const depths = Object.keys(nodesByDepth).map(Number);
  return depths.sort((a, b) => b - a).flatMap((depth) => nodesByDepth[depth] ?? []);
}

function nameOf(tensor: Symbolic, names: Map<number, string>): string {
  const name = names.get(tensor.id);
  if (name === undefined) throw new InvalidModelError(`'${tensor.name}' is used before it is computed`);
  return name;
}

function layerName({ sourceLayer }: Symbolic): string {
  return sourceLayer.name;
}

function dimensionsOf({ shape, name }: Symbolic): number[] {
  return shape.slice(1).map((side) => {
    if (side === null) throw new InvalidModelError(`'${name}' has no fixed size and cannot be exported`);
    return side;
  });
}
