import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

/** ONNX's element types that are written here (TensorProto.DataType). */
export const elementType = { float: 1, uint8: 2, int64: 7 } as const;
/** ONNX's kinds of attributes (AttributeProto.AttributeType). */
export const attributeType = { float: 1, int: 2, ints: 7 } as const;

interface TensorProto {
  name: string;
  dims: number[];
  data_type: number;
  raw_data: Uint8Array;
}
export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  ints?: number[];
}
interface NodeProto {
  name: string;
  op_type: string;
  input: string[];
  output: string[];
  attribute: AttributeProto[];
}
interface ValueInfoProto {
  name: string;
  type: { tensor_type: { elem_type: number; shape: { dim: ({ dim_value: number } | { dim_param: string })[] } } };
}
export interface ModelProto {
  ir_version: number;
  producer_name: string;
  opset_import: { domain: string; version: number }[];
  graph: {
    name: string;
    node: NodeProto[];
    initializer: TensorProto[];
    input: ValueInfoProto[];
    output: ValueInfoProto[];
  };
}

/** Packs a model as ONNX does, by its own schema. */
export function encodeModel(model: ModelProto): Uint8Array {
  const schema = new protobuf.Root().loadSync(fileURLToPath(new URL("vendor/onnx.proto", import.meta.url)), {
    keepCase: true,
  });
  const type = schema.lookupType("onnx.ModelProto");
  const problem = type.verify(model);
  if (problem) throw new TypeError(`The ONNX graph is malformed: ${problem}`);
  return type.encode(type.create(model)).finish();
}
