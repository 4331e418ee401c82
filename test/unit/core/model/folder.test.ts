import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readModelFolder, writeModelFolder } from "../../../../core/model/folder.ts";
import { tinyModel, tinySidecar } from "../../../support/models.ts";
import { temporaryFolder } from "../../../support/tiny-dataset.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true }));

describe("model folder", () => {
  it("is read as it was written", async () => {
    const model = { onnx: tinyModel(1), sidecar: tinySidecar() };
    await writeModelFolder(join(folder, "new/model"), model);
    const read = await readModelFolder(join(folder, "new/model"));
    expect(read.sidecar).toEqual(model.sidecar);
    expect(Buffer.from(read.onnx).equals(Buffer.from(model.onnx))).toBe(true);
  });

  it("names the file that is missing", async () => {
    await expect(readModelFolder(join(folder, "nowhere"))).rejects.toMatchObject({
      name: "NotFound",
      message: expect.stringMatching(/nowhere is not a model folder: model\.onnx cannot be read/),
    });
  });

  it("says what is wrong with a sidecar", async () => {
    await writeModelFolder(folder, { onnx: tinyModel(1), sidecar: tinySidecar() });
    await writeFile(join(folder, "avocado-model.json"), '{ "name": 3 }');
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      name: "InvalidModel",
      message: expect.stringMatching(/avocado-model\.json does not describe a model:[\s\S]*→ at name/),
    });
  });
});
