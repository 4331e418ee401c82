import { tinyModel, tinySidecar } from "./models.ts";
import { tinyVersion } from "./tiny-dataset.ts";

const cell = (source: string, tags: string[] = []) => ({
  cell_type: "code",
  metadata: { tags },
  execution_count: null,
  outputs: [],
  source,
});

/** A notebook that takes the same parameters as the real one and leaves the same files, but trains nothing. */
export function smallNotebook(): string {
  const sidecar = JSON.stringify(tinySidecar({ datasetVersion: tinyVersion, network: "mobilenetv2" }));
  const model = Buffer.from(tinyModel(1)).toString("base64");
  const names =
    "model_name dataset_version cnn weights learning_rate batch_size epochs optimizer finetune_depth seed require_gpu";
  const parameters = ["run_id", "head_run_id", ...names.split(" ")].map((name) => `${name} = ""`);
  const work = `
import base64, hashlib, json, pathlib
history = [{"key": "val_loss", "value": 2.5, "step": 1, "timestamp": 1700000000000}]
contents = {
    "model.onnx": base64.b64decode("${model}"),
    "avocado-model.json": ${JSON.stringify(sidecar)}.encode(),
    "metrics.json": json.dumps({"head": history, "finetune": history}).encode(),
    "learning-curve.png": b"picture",
}
for name, content in contents.items():
    pathlib.Path(name).write_bytes(content)
files = {name: {"sha256": hashlib.sha256(c).hexdigest(), "bytes": len(c)} for name, c in contents.items()}
phases = [{"name": name, "parameters": {"phase": name}} for name in ("head", "finetune")]
run = {"schema": 1, "runId": run_id, "headRunId": head_run_id, "datasetVersion": dataset_version, "phases": phases, "files": files}
pathlib.Path("run.json").write_text(json.dumps(run))
print("trained nothing")
`;
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
    cells: [cell(parameters.join("\n"), ["parameters"]), cell(work)],
  });
}
