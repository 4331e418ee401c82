import { beforeEach, describe, expect, it } from "vitest";
import { type ChampionChange, readLedger } from "../../../core/champion-ledger.ts";
import type { PromotionMetric } from "../../../core/contracts/model.ts";
import { artifactPrefix } from "../../../core/mlflow/artifacts.ts";
import { evaluateModel } from "../../../lambdas/evaluate-model/logic.ts";
import { tinyModel, tinySidecar } from "../../support/models.ts";
import {
  createSandbox,
  datasetRef,
  executionArn,
  type Sandbox,
  trainTinyModel,
  writeTestDataset,
} from "../../support/pipeline.ts";

let sandbox: Sandbox;
let announced: ChampionChange[];

beforeEach(async () => {
  announced = [];
  sandbox = await createSandbox();
  await writeTestDataset(sandbox.data);
});

/** Off by 4 days. */
const bootstrap = { onnx: tinyModel(5), sidecar: tinySidecar() };

type Trained = Awaited<ReturnType<typeof trainTinyModel>>;

function evaluate({ runId, version }: Trained, arn = sandbox.executionArn, metric: PromotionMetric = "mse") {
  const training = { runId, modelVersion: version, metrics: {}, reused: false };
  return evaluateModel(
    { executionArn: arn, input: sandbox.input, dataset: datasetRef, training },
    { ...sandbox, metric, bootstrap, announce: async (change) => void announced.push(change) },
  );
}

async function aliases() {
  const { mlflow, input } = sandbox;
  const [champion, challenger] = await Promise.all(
    ["champion", "challenger"].map((alias) => mlflow.registry.getAlias(input.modelName, alias)),
  );
  return { champion: champion?.version, challenger: challenger?.version };
}

describe("evaluateModel", () => {
  it("makes the first model that beats the bootstrap model champion and writes both scores to its run", async () => {
    const first = await trainTinyModel(sandbox, 3);
    const result = await evaluate(first);
    expect(result).toMatchObject({
      promoted: true,
      reason: expect.stringMatching(/^Version 1 is promoted: .* below the 16\.000 of the bootstrap model\.$/),
      metric: "mse",
      challenger: { version: "1", runId: first.runId },
    });
    expect(result.champion).toEqual({ version: "bootstrap", metrics: expect.objectContaining({ n: 5 }) });
    expect(result.challenger.metrics).toMatchObject({ n: 5, mse: expect.closeTo(4, 4), mae: expect.closeTo(2, 4) });
    expect(await aliases()).toEqual({ champion: "1", challenger: "1" });
    const run = await sandbox.mlflow.runs.get(first.runId);
    expect(run?.metrics).toMatchObject({
      test_mse: expect.closeTo(4, 4),
      test_n: 5,
      champion_test_mse: expect.closeTo(16, 4),
      test_mae_T10: expect.closeTo(2, 4),
    });
    expect(run?.tags).toMatchObject({ "evaluation.promoted": "true", "evaluation.reason": result.reason });
    expect(run?.tags).not.toHaveProperty("pipeline.outcome");
  });

  it("leaves the service without a champion when the first model is worse than the bootstrap model", async () => {
    const worse = await trainTinyModel(sandbox, 6);
    const result = await evaluate(worse);
    expect(result).toMatchObject({ promoted: false, champion: { version: "bootstrap" } });
    expect(await aliases()).toEqual({ champion: undefined, challenger: "1" });
    expect(announced).toEqual([]);
  });

  it("puts the diagrams of its errors among the artifacts of its run", async () => {
    const first = await trainTinyModel(sandbox, 3);
    await evaluate(first);
    const { store, name } = sandbox.artifacts;
    const prefix = `${artifactPrefix(name, first.artifactUri)}evaluation/`;
    const found = (await Array.fromAsync(store.list(prefix))).map(({ key }) => key.slice(prefix.length));
    expect(found).toEqual([
      "error-by-days-left.svg",
      "error-by-stage.svg",
      "error-by-storage-group.svg",
      "predicted-against-true.svg",
    ]);
    expect(Buffer.from(await store.read(`${prefix}error-by-stage.svg`)).toString()).toContain("2.00");
  });

  it("promotes a better challenger and writes both scores to its run", async () => {
    await evaluate(await trainTinyModel(sandbox, 3));
    const better = await trainTinyModel(sandbox, 2);
    const result = await evaluate(better);
    expect(result).toMatchObject({ promoted: true, challenger: { version: "2" }, champion: { version: "1" } });
    expect(await aliases()).toEqual({ champion: "2", challenger: "2" });
    const run = await sandbox.mlflow.runs.get(better.runId);
    expect(run?.metrics).toMatchObject({ test_mse: expect.closeTo(1, 4), champion_test_mse: expect.closeTo(4, 4) });
    expect(run?.tags["evaluation.champion"]).toBe("1");
  });

  it("keeps the champion from a worse challenger, whose run it concludes", async () => {
    const first = await trainTinyModel(sandbox, 2);
    await evaluate(first);
    const second = executionArn("second");
    const worse = await trainTinyModel(sandbox, 3, { executionArn: second });
    expect(await evaluate(worse, second)).toMatchObject({
      promoted: false,
      reason: expect.stringMatching(
        /^Version 2 is not promoted: its mean squared error is 4\.000 days squared .* above the 1\.000/,
      ),
    });
    expect(await aliases()).toEqual({ champion: "1", challenger: "2" });
    expect((await sandbox.mlflow.runs.get(worse.runId))?.tags["pipeline.outcome"]).toBe("concluded");
    expect((await sandbox.mlflow.runs.get(first.runId))?.tags).not.toHaveProperty("pipeline.outcome");
  });

  it("adds nothing when it is repeated", async () => {
    await evaluate(await trainTinyModel(sandbox, 2));
    const worse = await trainTinyModel(sandbox, 3);
    const first = await evaluate(worse);
    expect(await evaluate(worse)).toEqual(first);
    expect(await sandbox.mlflow.runs.metricHistory(worse.runId, "test_mse")).toHaveLength(1);
  });

  it("stays with a promotion that an earlier attempt made", async () => {
    await evaluate(await trainTinyModel(sandbox, 3));
    const better = await trainTinyModel(sandbox, 2);
    const first = await evaluate(better);
    const again = await evaluate(better, executionArn("after a failed deployment"));
    expect(again).toMatchObject({ promoted: true, reason: first.reason, challenger: first.challenger });
    expect(await aliases()).toEqual({ champion: "2", challenger: "2" });
  });

  it("writes a promotion to the ledger, once, and announces it", async () => {
    await evaluate(await trainTinyModel(sandbox, 3));
    const better = await trainTinyModel(sandbox, 2);
    const { reason } = await evaluate(better);
    await evaluate(better, executionArn("after a failed deployment"));
    const ledger = await readLedger(sandbox.mlflow, sandbox.input.modelName);
    const by = sandbox.executionArn.split(":").at(-1);
    expect(ledger[0]).not.toHaveProperty("from");
    expect(ledger).toMatchObject([
      { kind: "retraining", to: "1", by },
      { kind: "retraining", from: "1", to: "2", by, reason },
    ]);
    expect(announced).toEqual(ledger);
  });

  it("writes the entry that an attempt owed which failed after the promotion", async () => {
    await evaluate(await trainTinyModel(sandbox, 3));
    const better = await trainTinyModel(sandbox, 2);
    await sandbox.mlflow.runs.log(better.runId, { tags: { "evaluation.champion": "1" } });
    await sandbox.mlflow.registry.setAlias(sandbox.input.modelName, "champion", "2");
    await evaluate(better);
    expect((await readLedger(sandbox.mlflow, sandbox.input.modelName)).at(-1)).toMatchObject({ from: "1", to: "2" });
  });

  it("names no version that the first champion replaced, also in an entry that was owed", async () => {
    const first = await trainTinyModel(sandbox, 3);
    await sandbox.mlflow.runs.log(first.runId, { tags: { "evaluation.champion": "bootstrap" } });
    await sandbox.mlflow.registry.setAlias(sandbox.input.modelName, "champion", "1");
    await evaluate(first);
    expect(announced).toHaveLength(1);
    expect(announced[0]).not.toHaveProperty("from");
  });

  it("writes nothing to the ledger for a challenger that is worse", async () => {
    await evaluate(await trainTinyModel(sandbox, 2));
    await evaluate(await trainTinyModel(sandbox, 3));
    expect(announced).toHaveLength(1);
  });

  it("rejects a model that was trained on test fruits and leaves the champion", async () => {
    await evaluate(await trainTinyModel(sandbox, 3));
    const cheating = await trainTinyModel(sandbox, 1, { sidecar: { trainingFruits: ["1", "9"] } });
    await expect(evaluate(cheating)).rejects.toMatchObject({
      name: "InvalidModel",
      message: expect.stringContaining("The challenger, version 2"),
    });
    expect((await aliases()).champion).toBe("1");
  });

  it("keeps a champion that cannot be read, and says what to do", async () => {
    const first = await trainTinyModel(sandbox, 3);
    await evaluate(first);
    const prefix = artifactPrefix(sandbox.artifacts.name, `${first.artifactUri}/model`);
    await sandbox.artifacts.store.write(`${prefix}model.onnx`, "no graph");
    await expect(evaluate(await trainTinyModel(sandbox, 2))).rejects.toMatchObject({
      name: "InvalidModel",
      message: expect.stringMatching(/^The champion, version 1 .* stays champion: .* start the execution again\.$/s),
    });
    expect((await aliases()).champion).toBe("1");
  });

  it("says which file a challenger has lost", async () => {
    const lost = await trainTinyModel(sandbox, 3);
    const { mlflow, input } = sandbox;
    await mlflow.registry.ensureVersion({
      name: input.modelName,
      source: `${lost.artifactUri}/gone`,
      runId: lost.runId,
    });
    await expect(evaluate({ ...lost, version: "2" })).rejects.toThrow(
      `Version 2 of ${input.modelName} has lost its files: ${lost.artifactUri}/gone/`,
    );
  });
});
