import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type ChampionManifest, championManifest, servingKeys } from "../../../core/contracts/model.ts";
import { artifactPrefix } from "../../../core/mlflow/artifacts.ts";
import { readJson } from "../../../core/storage.ts";
import { deployModel } from "../../../lambdas/deploy-model/logic.ts";
import { tinyModel } from "../../support/models.ts";
import { createSandbox, type Sandbox, trainTinyModel } from "../../support/pipeline.ts";

let sandbox: Sandbox;
let reloads: ChampionManifest[];
let reload: (manifest: ChampionManifest) => Promise<string>;

beforeEach(async () => {
  sandbox = await createSandbox();
  reloads = [];
  reload = async (manifest) => {
    reloads.push(manifest);
    return `serves ${manifest.version}`;
  };
});

function deploy() {
  const { executionArn, input, mlflow, artifacts } = sandbox;
  return deployModel({ executionArn, modelName: input.modelName }, { mlflow, artifacts, reload });
}

const manifest = () =>
  readJson(sandbox.artifacts.store, servingKeys.manifest, (value) => championManifest.parse(value));

async function champion(bias: number) {
  const trained = await trainTinyModel(sandbox, bias);
  await sandbox.mlflow.registry.setAlias(sandbox.input.modelName, "champion", trained.version);
  return trained;
}

describe("deployModel", () => {
  it("publishes the champion's graph under its hash, then the manifest, and has the API reload", async () => {
    const { runId } = await champion(1.25);
    await sandbox.mlflow.runs.log(runId, {
      metrics: [
        { key: "test_mse", value: 2 },
        { key: "champion_test_mse", value: 9 },
      ],
    });
    const sha256 = createHash("sha256").update(tinyModel(1.25)).digest("hex");
    expect(await deploy()).toEqual({ version: "1", runId, sha256, serving: "serves 1" });
    const published = await manifest();
    expect(published).toMatchObject({ modelName: sandbox.input.modelName, version: "1", runId, sha256, size: 438 });
    expect(published.metrics).toEqual({ val_mse: 1.5, test_mse: 2 });
    expect(Buffer.from(await sandbox.artifacts.store.read(published.key)).equals(tinyModel(1.25))).toBe(true);
    expect(reloads).toEqual([published]);
  });

  it("concludes the execution's run", async () => {
    const { runId } = await champion(1);
    await deploy();
    expect((await sandbox.mlflow.runs.get(runId))?.tags["pipeline.outcome"]).toBe("concluded");
  });

  it("changes nothing when it is repeated, and does not write the graph again", async () => {
    await champion(1);
    const first = await deploy();
    const before = await manifest();
    const write = vi.spyOn(sandbox.artifacts.store, "write");
    expect(await deploy()).toEqual(first);
    expect(await manifest()).toEqual(before);
    expect(write.mock.calls.map(([key]) => key)).toEqual([servingKeys.manifest]);
  });

  it("stands although the API cannot be asked", async () => {
    const { runId } = await champion(1);
    reload = () => Promise.reject(new Error("connection refused"));
    const { serving } = await deploy();
    expect(serving).toContain("connection refused");
    expect(serving).toContain("takes version 1 up by itself");
    expect((await manifest()).runId).toBe(runId);
  });

  it("publishes no graph that cannot be loaded", async () => {
    await champion(1);
    await deploy();
    const before = await manifest();
    const broken = await champion(2);
    const prefix = artifactPrefix(sandbox.artifacts.name, `${broken.artifactUri}/model`);
    await sandbox.artifacts.store.write(`${prefix}model.onnx`, "no graph");
    await expect(deploy()).rejects.toMatchObject({ name: "InvalidModel" });
    expect(await manifest()).toEqual(before);
  });

  it("says that there is no champion", async () => {
    await expect(deploy()).rejects.toMatchObject({
      name: "NotFound",
      message: expect.stringContaining("has no champion"),
    });
  });
});
