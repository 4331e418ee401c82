import { Logger } from "@aws-lambda-powertools/logger";
import { beforeEach, describe, expect, it } from "vitest";
import { type Api, createApi } from "../../../api/api.ts";
import { artifactPrefix } from "../../../core/mlflow/artifacts.ts";
import { publishManifest } from "../../../core/serving/publish.ts";
import { apiRequest } from "../../support/api-event.ts";
import { createSandbox, type Sandbox, trainTinyModel } from "../../support/pipeline.ts";

let sandbox: Sandbox;
let api: Api;

beforeEach(async () => {
  sandbox = await createSandbox();
  const { artifacts, input, mlflow } = sandbox;
  const republish = () => publishManifest(input.modelName, { mlflow, artifacts });
  api = createApi(() => ({ store: artifacts.store, republish }), new Logger({ logLevel: "SILENT" }));
});

async function call(method: string, path: string) {
  const response = await api.fetch(apiRequest(method, path));
  return { status: response.status, ...(await response.json()) };
}
const promote = (version: string) => sandbox.mlflow.registry.setAlias(sandbox.input.modelName, "champion", version);
const served = async () => (await call("GET", "/health")).model.version;

describe("POST /reload-model", () => {
  it("serves what the alias names in MLflow, forwards and backwards", async () => {
    const [first, second] = [await trainTinyModel(sandbox, 1), await trainTinyModel(sandbox, 2)];
    for (const { version } of [first, second, first]) {
      await promote(version);
      expect(await call("POST", "/reload-model")).toMatchObject({ status: 200, model: { version } });
      expect(await served()).toBe(version);
    }
  });

  it("answers 502 with the reason to a champion whose graph is broken, and goes on with the last one", async () => {
    const [good, broken] = [await trainTinyModel(sandbox, 1), await trainTinyModel(sandbox, 2)];
    await promote(good.version);
    await call("POST", "/reload-model");
    const prefix = artifactPrefix(sandbox.artifacts.name, `${broken.artifactUri}/model`);
    const graph = await sandbox.artifacts.store.read(`${prefix}model.onnx`);
    await sandbox.artifacts.store.write(`${prefix}model.onnx`, graph.subarray(0, graph.length / 2));
    await promote(broken.version);
    const rejected = await call("POST", "/reload-model");
    expect(rejected).toMatchObject({ status: 502, code: "ModelRejected" });
    expect(rejected.detail).toMatch(/cannot be read as an ONNX graph.*Version 1 goes on serving\.$/s);
    expect(await served()).toBe(good.version);
  });

  it("answers 502 when MLflow is away, and goes on", async () => {
    const { version } = await trainTinyModel(sandbox, 1);
    await promote(version);
    await call("POST", "/reload-model");
    const { getAlias } = sandbox.mlflow.registry;
    sandbox.mlflow.registry.getAlias = () => Promise.reject(new Error("MLflow does not answer"));
    expect(await call("POST", "/reload-model")).toMatchObject({ status: 502 });
    sandbox.mlflow.registry.getAlias = getAlias;
    expect(await served()).toBe(version);
  });
});
