import { type AttributeProto, attributeType, elementType, encodeModel, type ModelProto } from "./proto.ts";

/** Version of ONNX's operators that the graph is written in, and of the file format. */
const opset = 17;
const irVersion = 8;

/** A whole number, several, or a `{ float }`, for an operator has both kinds. */
export type AttributeValue = number | readonly number[] | { float: number };

/** A value that enters or leaves the graph, `[N, ...dimensions]`. */
export interface GraphValue {
  name: string;
  type: keyof typeof elementType;
  dimensions: readonly number[];
}

/** An ONNX graph in the making. Values are known by name. */
export class GraphBuilder {
  private readonly graph: ModelProto["graph"];
  private values = 0;

  constructor(name: string) {
    this.graph = { name, node: [], initializer: [], input: [], output: [] };
  }

  /** Adds an operator with one output. `output` names it where the name matters. */
  add(op: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}, output?: string): string {
    const name = output ?? `${op}_${this.values++}`;
    this.graph.node.push({
      name,
      op_type: op,
      input: [...inputs],
      output: [name],
      attribute: Object.entries(attributes).map(toAttribute),
    });
    return name;
  }

  /** Adds a constant of floats. */
  floats(values: Float32Array | readonly number[], dims: readonly number[]): string {
    return this.constant(elementType.float, Float32Array.from(values), dims);
  }

  /** Adds a constant list of whole numbers. */
  integers(values: readonly number[]): string {
    return this.constant(elementType.int64, BigInt64Array.from(values, BigInt), [values.length]);
  }

  private constant(type: number, data: Float32Array | BigInt64Array, dims: readonly number[]): string {
    const name = `constant_${this.values++}`;
    const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.graph.initializer.push({ name, data_type: type, dims: [...dims], raw_data });
    return name;
  }

  input(value: GraphValue): string {
    this.graph.input.push(toValueInfo(value));
    return value.name;
  }

  output(value: GraphValue): void {
    this.graph.output.push(toValueInfo(value));
  }

  /** The graph as the bytes of a `.onnx` file. */
  encode(): Uint8Array {
    return encodeModel({
      ir_version: irVersion,
      producer_name: "avocado-ripening",
      opset_import: [{ domain: "", version: opset }],
      graph: this.graph,
    });
  }
}

function toAttribute([name, value]: [string, AttributeValue]): AttributeProto {
  if (typeof value === "number") return { name, type: attributeType.int, i: value };
  if ("float" in value) return { name, type: attributeType.float, f: value.float };
  return { name, type: attributeType.ints, ints: [...value] };
}

function toValueInfo({ name, type, dimensions }: GraphValue) {
  const dim = [{ dim_param: "N" }, ...dimensions.map((dim_value) => ({ dim_value }))];
  return { name, type: { tensor_type: { elem_type: elementType[type], shape: { dim } } } };
}
