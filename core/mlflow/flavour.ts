import { createHash } from "node:crypto";
import { imageSize, storageGroups } from "../contracts/dataset.ts";
import { type ModelSidecar, modelFiles } from "../contracts/model.ts";
import type { ObjectStore } from "../storage.ts";

/** Versions with which Python loads a model of this project; the local stack has the same. */
export const pythonVersions = {
  python: "3.11",
  mlflow: "3.17.2",
  numpy: "2.4.6",
  onnx: "1.23.2",
  onnxruntime: "1.32.0",
};

/** Name of the folder among a run's artifacts. */
export const flavourFolder = "model";

export interface FlavourModel {
  onnx: Uint8Array;
  sidecar: ModelSidecar;
  /** The run that made it. */
  runId: string;
}

/**
 * Writes a model as a complete MLflow `onnx` flavour, so that Python's `mlflow.onnx.load_model` and
 * `mlflow.pyfunc.load_model` load it too. The same model gives the same files. `MLmodel` comes last: a folder that has it
 * is whole. `prefix` is the key of the folder, ending in a slash.
 */
export async function writeOnnxFlavour(store: ObjectStore, prefix: string, model: FlavourModel): Promise<void> {
  const { onnx, sidecar } = model;
  await store.write(`${prefix}${modelFiles.onnx}`, onnx, "application/octet-stream");
  await store.write(`${prefix}${modelFiles.sidecar}`, `${JSON.stringify(sidecar, null, 1)}\n`, "application/json");
  await store.write(`${prefix}requirements.txt`, `${requirements.join("\n")}\n`, "text/plain");
  await store.write(`${prefix}python_env.yaml`, pythonEnv, "application/yaml");
  await store.write(`${prefix}conda.yaml`, condaEnv, "application/yaml");
  await store.write(`${prefix}MLmodel`, mlmodel(model), "application/yaml");
}

const { python, ...packages } = pythonVersions;
const requirements = Object.entries(packages).map(([name, version]) => `${name}==${version}`);

const pythonEnv = `python: "${python}"
build_dependencies:
- pip
- setuptools
- wheel
dependencies:
- -r requirements.txt
`;

const condaEnv = `channels:
- conda-forge
dependencies:
- python=${python}
- pip
- pip:
${requirements.map((line) => `  - ${line}`).join("\n")}
name: mlflow-env
`;

function tensor(name: string, dtype: string, shape: number[]) {
  return { name, type: "tensor", "tensor-spec": { dtype, shape: [-1, ...shape] } };
}
const inputs = [
  tensor("image", "uint8", [imageSize, imageSize, 3]),
  tensor("condition", "float32", [storageGroups.length]),
];
const outputs = [tensor("days", "float32", [1])];

function mlmodel({ onnx, sidecar, runId }: FlavourModel): string {
  const uuid = createHash("sha256").update(runId).update(onnx).digest("hex").slice(0, 32);
  return `artifact_path: ${flavourFolder}
flavors:
  onnx:
    code: null
    data: ${modelFiles.onnx}
    onnx_session_options: null
    onnx_version: ${packages.onnx}
    providers:
    - CPUExecutionProvider
  python_function:
    data: ${modelFiles.onnx}
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: "${python}"
mlflow_version: ${packages.mlflow}
model_size_bytes: ${onnx.length}
model_uuid: ${uuid}
run_id: ${runId}
signature:
  inputs: '${JSON.stringify(inputs)}'
  outputs: '${JSON.stringify(outputs)}'
  params: null
utc_time_created: '${sidecar.createdAt.replace("T", " ").replace("Z", "")}'
`;
}
