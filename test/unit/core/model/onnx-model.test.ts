import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { imageBytes } from "../../../../core/contracts/dataset.ts";
import { loadOnnxModel, predictDays } from "../../../../core/model/onnx-model.ts";
import { GraphBuilder, type GraphValue } from "../../../../training/tfjs/onnx/graph.ts";
import { tinyModel } from "../../../support/models.ts";

const contract: GraphValue[] = [
  { name: "image", type: "uint8", dimensions: [224, 224, 3] },
  { name: "condition", type: "float", dimensions: [3] },
];

/** A graph with these inputs that answers with its condition. */
function graphWith(inputs: GraphValue[], output = "days"): Uint8Array {
  const graph = new GraphBuilder("test");
  for (const input of inputs) graph.input(input);
  graph.add("ReduceSum", [inputs.at(-1)?.name ?? "", graph.integers([1])], { keepdims: 1 }, output);
  graph.output({ name: output, type: "float", dimensions: [1] });
  return graph.encode();
}

describe("loadOnnxModel", () => {
  it("loads a graph that keeps the contract", async () => {
    const model = await loadOnnxModel(graphWith(contract), { threads: 1 });
    expect(model.inputNames).toEqual(["image", "condition"]);
    await model.release();
  });

  it("rejects what is not an ONNX graph", async () => {
    await expect(loadOnnxModel(Buffer.from("not a model"))).rejects.toMatchObject({
      name: "InvalidModel",
      message: expect.stringContaining("cannot be read as an ONNX graph"),
    });
  });

  it("names every input and output that breaks the contract", async () => {
    const other = graphWith(
      [{ name: "image", type: "float", dimensions: [224, 224, 3] }, { ...contract[1], name: "group" } as GraphValue],
      "weeks",
    );
    await expect(loadOnnxModel(other)).rejects.toMatchObject({
      name: "InvalidModel",
      message: expect.stringMatching(
        /input 'image' is float32 \[N,224,224,3\], not uint8.*input 'condition' .* is missing.*'group' is not known.*output 'days' .* is missing/,
      ),
    });
  });

  it("rejects a graph for photographs of another size", async () => {
    const small = graphWith([{ ...contract[0], dimensions: [112, 112, 3] } as GraphValue, contract[1] as GraphValue]);
    await expect(loadOnnxModel(small)).rejects.toThrow("input 'image' is uint8 [N,112,112,3], not uint8 [N,224,224,3]");
  });
});

describe("predictDays", async () => {
  const model = await loadOnnxModel(tinyModel(0.5));
  afterAll(() => model.release());
  const images = [0, 51].map((value) => new Uint8Array(imageBytes).fill(value));

  it("predicts each photograph under its own storage condition, in the order given", async () => {
    const days = await predictDays(model, [...images, ...images], ["T10", "T20", "Tam", "T10"]);
    expect(days.map((value) => Number(value.toFixed(4)))).toEqual([2.5, 2.5, 1.5, 4.5]);
  });

  it("predicts nothing for no photographs", async () => {
    expect(await predictDays(model, [], [])).toEqual([]);
  });

  it("rejects a photograph of the wrong size and a missing group", async () => {
    await expect(predictDays(model, [new Uint8Array(10)], ["T10"])).rejects.toThrow("Image 0 has 10 bytes");
    await expect(predictDays(model, images, ["T10"])).rejects.toThrow("2 images but 1 groups");
  });
});

it("keeps ONNX Runtime from reporting what it does", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onnx-model-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const load = "loadVerifiedModel(fs.readFileSync('test/fixtures/tiny.onnx'))";
  const script = `import("./core/model/onnx-model.ts").then(({ loadVerifiedModel }) => ${load})`;
  // It would keep an identity at home and a session among the temporary files, but on CI machines it reports nothing anyway.
  const env = { ...process.env, HOME: folder, XDG_CACHE_HOME: folder, TMPDIR: folder, CI: undefined };
  await promisify(execFile)(process.execPath, ["-e", script], { env });
  expect(readdirSync(folder)).toEqual([]);
});
