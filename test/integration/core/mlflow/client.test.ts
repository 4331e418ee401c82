import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, inject, it } from "vitest";
import type { Fetch } from "../../../../core/http/request.ts";
import { artifactPrefix, artifactRoot } from "../../../../core/mlflow/artifacts.ts";
import { createMlflowClient } from "../../../../core/mlflow/client.ts";
import { equals } from "../../../../core/mlflow/filter.ts";
import { writeOnnxFlavour } from "../../../../core/mlflow/flavour.ts";
import { localAws } from "../../../../local/ministack.ts";
import { findPythonBin } from "../../../../scripts/setup/find-python.ts";
import { bucketStore } from "../../../support/ministack.ts";
import { tinyModel, tinySidecar } from "../../../support/models.ts";

const { aws, mlflow, artifactBucket } = inject("services");
const root = artifactRoot(artifactBucket);
const client = createMlflowClient({ trackingUri: mlflow });
const artifacts = bucketStore(aws, artifactBucket);
let experimentId: string;

beforeAll(async () => {
  experimentId = await client.experiments.getOrCreate("Client test", root);
});

describe("experiments", () => {
  it("are created once and keep their artifacts below the root", async () => {
    expect(await client.experiments.getOrCreate("Client test", root)).toBe(experimentId);
    const run = await client.runs.create(experimentId, "where", {});
    expect(run.artifactUri).toBe(`${root}/client-test/${run.runId}/artifacts`);
  });

  it("are listed", async () => {
    expect(await client.experiments.listIds()).toContain(experimentId);
  });

  it("are created once when two ask at the same time", async () => {
    const ids = await Promise.all([1, 2, 3].map(() => client.experiments.getOrCreate("together", root)));
    expect(new Set(ids).size).toBe(1);
  });
});

describe("runs", () => {
  it("keep parameters, tags and the history of metrics", async () => {
    const { runId } = await client.runs.create(experimentId, "first", { "dataset.version": "v1" });
    const metrics = [4, 2, Number.NaN].map((value, step) => ({ key: "loss", value, step }));
    await client.runs.log(runId, { metrics, params: { epochs: 3, optimizer: "adam" }, tags: { network: "compact" } });
    await client.runs.update(runId, "FINISHED");
    const run = await client.runs.get(runId);
    expect(run).toMatchObject({
      runName: "first",
      status: "FINISHED",
      endTime: expect.any(Number),
      params: { epochs: "3", optimizer: "adam" },
      tags: { "dataset.version": "v1", network: "compact" },
    });
    const history = await client.runs.metricHistory(runId, "loss");
    expect(history.map(({ value }) => value)).toEqual([4, 2, Number.NaN]);
  });

  it("are not grown by logging the same twice", async () => {
    const { runId } = await client.runs.create(experimentId, "twice", {});
    const log = { metrics: [{ key: "loss", value: 1, step: 1, timestamp: 1_700_000_000_000 }], params: { epochs: 3 } };
    await client.runs.log(runId, log);
    await client.runs.log(runId, log);
    expect(await client.runs.metricHistory(runId, "loss")).toHaveLength(1);
  });

  it("take more metrics than one call may carry", async () => {
    const { runId } = await client.runs.create(experimentId, "many", {});
    await client.runs.log(runId, {
      metrics: Array.from({ length: 2100 }, (_, step) => ({ key: "loss", value: step, step })),
    });
    const history = await client.runs.metricHistory(runId, "loss");
    expect(history.map(({ step }) => step)).toEqual(Array.from({ length: 2100 }, (_, step) => step));
  });

  it("are found by a tag, the newest first", async () => {
    const tags = { "pipeline.execution": "arn:aws:states:us-east-1:1:execution:m:it's" };
    const older = await client.runs.create(experimentId, "older", tags);
    const newer = await client.runs.create(experimentId, "newer", tags);
    const filter = equals("tags.`pipeline.execution`", tags["pipeline.execution"]);
    const found = await client.runs.search([experimentId], filter);
    expect(found.map(({ runId }) => runId)).toEqual([newer.runId, older.runId]);
  });

  it("lose a tag once and do not mind when it is gone", async () => {
    const { runId } = await client.runs.create(experimentId, "tags", { "failure.reason": "it broke" });
    await client.runs.deleteTag(runId, "failure.reason");
    await client.runs.deleteTag(runId, "failure.reason");
    expect((await client.runs.get(runId))?.tags).not.toHaveProperty("failure.reason");
  });

  it("are undefined where there is none", async () => {
    expect(await client.runs.get("0".repeat(32))).toBeUndefined();
  });

  it("are created once when the server's answer is lost on the way", async () => {
    let lost = 0;
    const lossy: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      return url.endsWith("runs/create") && lost++ === 0 ? new Response("", { status: 504 }) : response;
    };
    const unlucky = createMlflowClient({ trackingUri: mlflow, fetch: lossy, backoff: 1 });
    await unlucky.runs.create(experimentId, "lost answer", { once: "yes" });
    expect(await client.runs.search([experimentId], equals("tags.once", "yes"))).toHaveLength(1);
  });

  it("cannot change a parameter", async () => {
    const { runId } = await client.runs.create(experimentId, "fixed", {});
    await client.runs.log(runId, { params: { epochs: 3 } });
    await expect(client.runs.log(runId, { params: { epochs: 4 } })).rejects.toMatchObject({
      name: "MlflowError",
      errorCode: "INVALID_PARAMETER_VALUE",
    });
  });
});

describe("registry", () => {
  it("registers the same model of a run once", async () => {
    const { runId } = await client.runs.create(experimentId, "registered", {});
    const version = { name: "once", source: `${root}/e/${runId}/artifacts/model`, runId, tags: { network: "compact" } };
    await client.registry.ensureModel("once");
    await client.registry.ensureModel("once");
    const first = await client.registry.ensureVersion(version);
    expect(await client.registry.ensureVersion(version)).toEqual(first);
    expect(first).toMatchObject({ version: "1", runId, source: version.source, tags: { network: "compact" } });
    expect(await client.registry.getVersion("once", "1")).toEqual(first);
    expect(await client.registry.getVersion("once", "2")).toBeUndefined();
  });

  it("moves and removes an alias", async () => {
    await client.registry.ensureModel("aliased");
    const versions = [];
    for (const name of ["a", "b"]) {
      const { runId } = await client.runs.create(experimentId, name, {});
      versions.push(await client.registry.ensureVersion({ name: "aliased", source: `${root}/${name}`, runId }));
    }
    const alias = () => client.registry.getAlias("aliased", "champion").then((version) => version?.version);
    expect(await alias()).toBeUndefined();
    await client.registry.setAlias("aliased", "champion", "1");
    await client.registry.setAlias("aliased", "champion", "2");
    expect(await alias()).toBe("2");
    await client.registry.deleteAlias("aliased", "champion");
    await client.registry.deleteAlias("aliased", "champion");
    expect(await alias()).toBeUndefined();
  });

  it("knows no alias of a model that does not exist", async () => {
    expect(await client.registry.getAlias("nobody", "champion")).toBeUndefined();
  });

  it("takes no version whose files are outside the bucket", async () => {
    const { runId } = await client.runs.create(experimentId, "elsewhere", {});
    await client.registry.ensureModel("elsewhere");
    const version = { name: "elsewhere", source: "s3://another-bucket/model", runId };
    await expect(client.registry.ensureVersion(version)).rejects.toMatchObject({ name: "MlflowError" });
  });
});

describe("flavour", () => {
  it("is loaded by Python's MLflow, which predicts with it", async () => {
    const run = await client.runs.create(experimentId, "flavour", {});
    const source = `${run.artifactUri}/model`;
    await writeOnnxFlavour(artifacts, artifactPrefix(artifactBucket, source), {
      onnx: tinyModel(0.5),
      sidecar: tinySidecar(),
      runId: run.runId,
    });
    await client.registry.ensureModel("avocado-model");
    const { version } = await client.registry.ensureVersion({ name: "avocado-model", source, runId: run.runId });
    await client.registry.setAlias("avocado-model", "champion", version);

    const script = fileURLToPath(new URL("../../../fixtures/load-champion.py", import.meta.url));
    const env = { ...process.env, ...localAws(aws), MLFLOW_TRACKING_URI: mlflow };
    const { stdout } = await promisify(execFile)(findPythonBin("python"), [script], { env });
    const found = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(found).toMatchObject({ inputs: ["image", "condition"], runId: run.runId });
    for (const days of [found.onnx, found.pyfunc]) {
      expect(days[0]).toBeCloseTo(51 / 25.5 + 2 + 0.5, 4);
      expect(days[1]).toBeCloseTo(102 / 25.5 + 1 + 0.5, 4);
    }
  });
});
