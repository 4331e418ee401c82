import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FolderStore } from "../../../../core/folder-store.ts";
import { pythonVersions, writeOnnxFlavour } from "../../../../core/mlflow/flavour.ts";
import { tinyModel, tinySidecar } from "../../../support/models.ts";

const model = { onnx: tinyModel(1), sidecar: tinySidecar(), runId: "0a1b2c" };

async function written(prefix = "runs/model/") {
  const store = new FolderStore(mkdtempSync(join(tmpdir(), "flavour-")));
  onTestFinished(() => rmSync(store.folder, { recursive: true }));
  await writeOnnxFlavour(store, prefix, model);
  const text = async (name: string) => Buffer.from(await store.read(prefix + name)).toString("utf8");
  return { store, text };
}

describe("writeOnnxFlavour", () => {
  it("writes every file that MLflow looks for", async () => {
    const { store } = await written();
    const keys = await Array.fromAsync(store.list("runs/"), ({ key }) => key.slice("runs/model/".length));
    expect(keys.sort()).toEqual(
      ["MLmodel", "avocado-model.json", "conda.yaml", "model.onnx", "python_env.yaml", "requirements.txt"].sort(),
    );
  });

  it("keeps graph and sidecar as they are", async () => {
    const { store, text } = await written();
    expect(Buffer.from(await store.read("runs/model/model.onnx")).equals(model.onnx)).toBe(true);
    expect(JSON.parse(await text("avocado-model.json"))).toEqual(model.sidecar);
  });

  it("describes inputs, outputs, run and size in MLmodel", async () => {
    const { text } = await written();
    const mlmodel = await text("MLmodel");
    const json = (name: string) => JSON.parse(new RegExp(`  ${name}: '(.*)'`).exec(mlmodel)?.[1] ?? "");
    expect(json("inputs")).toEqual([
      { name: "image", type: "tensor", "tensor-spec": { dtype: "uint8", shape: [-1, 224, 224, 3] } },
      { name: "condition", type: "tensor", "tensor-spec": { dtype: "float32", shape: [-1, 3] } },
    ]);
    expect(json("outputs")).toEqual([
      { name: "days", type: "tensor", "tensor-spec": { dtype: "float32", shape: [-1, 1] } },
    ]);
    expect(mlmodel).toContain("\nrun_id: 0a1b2c\n");
    expect(mlmodel).toContain(`\nmodel_size_bytes: ${model.onnx.length}\n`);
  });

  it("gives the same files for the same model", async () => {
    const [one, other] = await Promise.all([written(), written()]);
    expect(await one.text("MLmodel")).toBe(await other.text("MLmodel"));
  });

  it("asks for the versions that the local stack has", () => {
    const pinned = readFileSync(new URL("../../../../scripts/setup/constraints.txt", import.meta.url), "utf8");
    const { python: _, ...packages } = pythonVersions;
    for (const [name, version] of Object.entries(packages)) expect(pinned).toContain(`\n${name}==${version} `);
  });
});
