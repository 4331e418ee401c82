import { Logger } from "@aws-lambda-powertools/logger";
import { beforeEach, describe, expect, it } from "vitest";
import { artifactPrefix } from "../../../core/mlflow/artifacts.ts";
import { publishManifest } from "../../../core/serving/publish.ts";
import { createApi } from "../../../lambdas/predict/api.ts";
import { apiEvent, lambdaContext } from "../../support/api-event.ts";
import { type PipelineCorner, pipelineCorner, trainTinyModel } from "../../support/pipeline.ts";

let corner: PipelineCorner;
let api: ReturnType<typeof createApi>["handler"];

beforeEach(async () => {
  corner = await pipelineCorner();
  const { artifacts, input, mlflow } = corner;
  const republish = () => publishManifest(input.modelName, { mlflow, artifacts });
  api = createApi(() => ({ store: artifacts.store, republish }), new Logger({ logLevel: "SILENT" })).handler;
});

async function call(method: string, path: string) {
  const { statusCode, body = "" } = await api(await apiEvent(method, path), lambdaContext);
  return { status: statusCode, ...JSON.parse(body) };
}
const promote = (version: string) => corner.mlflow.registry.setAlias(corner.input.modelName, "champion", version);
const served = async () => (await call("GET", "/health")).model.version;

describe("POST /reload-model", () => {
  it("serves what the alias names in MLflow, forwards and backwards", async () => {
    const [first, second] = [await trainTinyModel(corner, 1), await trainTinyModel(corner, 2)];
    for (const { version } of [first, second, first]) {
      await promote(version);
      expect(await call("POST", "/reload-model")).toMatchObject({ status: 200, model: { version } });
      expect(await served()).toBe(version);
    }
  });

  it("answers 502 with the reason to a champion whose graph is broken, and goes on with the last one", async () => {
    const [good, broken] = [await trainTinyModel(corner, 1), await trainTinyModel(corner, 2)];
    await promote(good.version);
    await call("POST", "/reload-model");
    const prefix = artifactPrefix(corner.artifacts.name, `${broken.artifactUri}/model`);
    const graph = await corner.artifacts.store.read(`${prefix}model.onnx`);
    await corner.artifacts.store.write(`${prefix}model.onnx`, graph.subarray(0, graph.length / 2));
    await promote(broken.version);
    const rejected = await call("POST", "/reload-model");
    expect(rejected).toMatchObject({ status: 502, code: "ModelRejected" });
    expect(rejected.detail).toMatch(/cannot be read as an ONNX graph.*Version 1 goes on serving\.$/s);
    expect(await served()).toBe(good.version);
  });

  it("answers 502 when MLflow is away, and goes on", async () => {
    const { version } = await trainTinyModel(corner, 1);
    await promote(version);
    await call("POST", "/reload-model");
    const { getAlias } = corner.mlflow.registry;
    corner.mlflow.registry.getAlias = () => Promise.reject(new Error("MLflow does not answer"));
    expect(await call("POST", "/reload-model")).toMatchObject({ status: 502 });
    corner.mlflow.registry.getAlias = getAlias;
    expect(await served()).toBe(version);
  });
});
