/** An ONNX graph's bytes, as the bundler puts them into a Lambda. */
declare module "*.onnx" {
  const bytes: Uint8Array;
  export default bytes;
}
