import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { loadChampion, readManifest } from "../../../api/load-champion.ts";
import { swapDatabase } from "../../../cli/commands/stage/databases.ts";
import type { StoredObject } from "../../../cli/commands/stage/transfer/archive.ts";
import type { TransferStage } from "../../../cli/commands/stage/transfer/connect.ts";
import { exportStage } from "../../../cli/commands/stage/transfer/export.ts";
import { importStage } from "../../../cli/commands/stage/transfer/import.ts";
import { Progress } from "../../../cli/terminal/progress.ts";
import { imageBytes } from "../../../core/contracts/dataset.ts";
import { servingKeys } from "../../../core/contracts/model.ts";
import { predictDays } from "../../../core/model/onnx-model.ts";
import { localAws } from "../../../local/ministack.ts";
import { findPythonBin } from "../../../scripts/setup/find-python.ts";
import { root } from "../../../scripts/setup/paths.ts";
import { trainTinyModel } from "../../support/pipeline.ts";
import { TestStage } from "../../support/transfer-stage.ts";

const { aws } = inject("services");
const progress = new Progress(new PassThrough() as unknown as NodeJS.WriteStream);
let source: TestStage;
let target: TestStage;
/** The whole export, which tests copy before they break it. */
let whole: string;
let folder: string;

beforeAll(async () => {
  whole = await mkdtemp(join(tmpdir(), "export-"));
  source = await TestStage.start("here", aws);
  target = await TestStage.start("there", aws);
  await source.startMlflow();
  await fillSource();
  // Scaled to zero from now on: an export does not start it.
  await source.transfer.server.stop();
});
afterAll(async () => {
  await source?.stop();
  await target?.stop();
  await rm(whole, { recursive: true, force: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "import-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Two models, one of them the champion, and what is hard to copy: numbers, texts and names of every kind. */
async function fillSource(): Promise<void> {
  const { sandbox, raw } = source;
  const { mlflow, data } = sandbox;
  const first = await trainTinyModel(sandbox, 0.5);
  await trainTinyModel(sandbox, 4);
  await mlflow.registry.setAlias("avocado-model", "champion", first.version);
  await source.transfer.publishChampion();
  // More than a row of the Data API may have, with what ends a line elsewhere.
  const text = `"quoted" \\ back\nline\u2028separator ü 🥑 ${"é".repeat(70_000)}`;
  await mlflow.registry.setVersionTag("avocado-model", first.version, "notes", text);
  await mlflow.runs.setTag(first.runId, "elsewhere", `s3://${source.buckets.data}/datasets/1/ and s3://other/1`);
  // More than a page of the Data API has, and numbers of all their digits.
  const asOwner = (statement: string) => source.query("mlflow", statement);
  await asOwner(
    "INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) SELECT 'loss', sin(i) / 3, " +
      `9007199254740993 + i, i, false, '${first.runId}' FROM generate_series(1, 9000) AS i`,
  );
  await asOwner(
    `INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, status) SELECT 'tr-1', max(experiment_id), 1, 'OK' FROM experiments`,
  );
  // A column of this table is worked out by the database.
  await asOwner(
    "INSERT INTO spans (trace_id, experiment_id, span_id, status, start_time_unix_nano, end_time_unix_nano, content) " +
      "SELECT 'tr-1', max(experiment_id), 'one', 'OK', 1700000000123456789, 1700000000123456999, '{}' FROM experiments",
  );
  await raw.write("photographs/data.csv", "old");
  await raw.write("images/a b+c ü.jpg", "photograph", "image/jpeg");
  await data.write("datasets/1/shards/test.npy.gz", randomBytes(6 << 20));
  await data.write("datasets/latest.json", '{"version":"1"}');
  await data.write("backbones/own/model.json", "{}");
  for (const key of ["uploads/1", "locks/retraining.json", "training/1/job.json"]) await data.write(key, "{}");
  // Written later, and first by name: what a retraining takes.
  await new Promise((later) => setTimeout(later, 1100));
  await raw.write("a-newer.zip", "newer");
}

const indexOf = async (path: string): Promise<StoredObject[]> =>
  (await readFile(join(path, "objects.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const fileOf = (path: string, { sha256 }: StoredObject) => join(path, "objects", sha256.slice(0, 2), sha256);
const toExport = (to: string) => exportStage(source.transfer, { to, yes: true }, progress);
const toImport = (from: string, replace = false, stage: TransferStage = target.transfer) =>
  importStage(stage, { from, replace, yes: true }, progress);
const databases = async () =>
  (await target.query("postgres", "SELECT datname::text FROM pg_database WHERE datname ~ '^mlflow' ORDER BY 1")).flat();

describe("an export", () => {
  it("has registry and data, and leaves out what is made again", async () => {
    await toExport(whole);
    const keys = (await indexOf(whole)).map(({ bucket, key }) => `${bucket}/${key}`);
    expect(keys.filter((key) => !key.startsWith("artifacts/mlflow/")).sort()).toEqual([
      "data/backbones/own/model.json",
      "data/datasets/1/shards/test.npy.gz",
      "data/datasets/latest.json",
      "raw/a-newer.zip",
      "raw/images/a b+c ü.jpg",
      "raw/photographs/data.csv",
    ]);
    expect(keys.filter((key) => key.endsWith("/model/model.onnx"))).toHaveLength(2);
  });

  it("goes on where it had broken off: what is there is not copied again", async () => {
    const index = await indexOf(whole);
    const [lost, ...others] = index.map((object) => fileOf(whole, object)) as [string, ...string[]];
    const times = () =>
      Promise.all(others.filter((path) => path !== lost).map(async (path) => (await stat(path)).mtimeMs));
    const before = await times();
    await rm(lost);
    await source.sandbox.data.write("backbones/own/model.json", '{"changed":true}');
    await toExport(whole);
    expect(existsSync(lost)).toBe(true);
    expect(await times()).toEqual(before);
    const changed = (await indexOf(whole)).find(({ key }) => key === "backbones/own/model.json");
    expect(changed?.size).toBe('{"changed":true}'.length);
    expect((await indexOf(whole)).length).toBe(index.length);
  });
});

describe("the exchange of two databases", () => {
  it("takes the first step of the exchange back when the second one cannot be taken", async () => {
    await target.query("postgres", "CREATE DATABASE mlflow_import");
    const owner = { user: "owner", password: "owner password" };
    const user = new Client({ host: "127.0.0.1", port: target.postgres.port, database: "mlflow_import", ...owner });
    await user.connect();
    const swapping = swapDatabase(target.transfer.sql, "mlflow_import", "mlflow_replaced_1", {
      timeout: 100,
      pause: 20,
    });
    await expect(swapping).rejects.toThrow("being accessed by other users");
    expect(await databases()).toEqual(["mlflow", "mlflow_import"]);
    await user.end();
    await target.query("postgres", "DROP DATABASE mlflow_import");
  });
});

describe("an import that is rejected", () => {
  /** The export with one of its files changed. */
  const change = async (name: string, text: (old: string) => string) => {
    await cp(whole, folder, { recursive: true });
    await writeFile(join(folder, name), text(await readFile(join(folder, name), "utf8")));
  };
  const expectRejection = async (problem: RegExp, from = folder) => {
    const state = async () => [await target.readRegistry(), await target.readBuckets(), await databases()];
    const before = await state();
    await expect(toImport(from)).rejects.toThrow(problem);
    expect(await state()).toEqual(before);
  };

  it("of an export by another version of MLflow, also where MLflow has no tables yet", async () => {
    const revision = /"revision": "(\w+)"/;
    await change("export.json", (old) => old.replace(revision, '"revision": "6953534de441"'));
    const problem = /another version of MLflow: its tables have revision 6953534de441, those of stage 'there' \w+\./;
    await expect(toImport(folder)).rejects.toThrow(problem);
    // Now MLflow has made its tables.
    await expectRejection(problem);
  });

  it("of an export that broke off", async () => {
    await cp(whole, folder, { recursive: true });
    await rm(join(folder, "export.json"));
    await expectRejection(/is not a complete export/);
  });

  it("of an export with a changed table", async () => {
    await change("database/metrics.jsonl", (old) => old.replace("loss", "less"));
    await expectRejection(/The export is broken: .*metrics\.jsonl is missing, or not what was exported/);
  });

  it("of an export without an object, and with a changed one", async () => {
    await cp(whole, folder, { recursive: true });
    const object = (await indexOf(folder)).find(({ key }) => key === "backbones/own/model.json") as StoredObject;
    await writeFile(fileOf(folder, object), "x".repeat(object.size));
    await expectRejection(/The export is broken: the object backbones\/own\/model\.json of bucket data/);
    await rm(fileOf(folder, object));
    await expectRejection(/The export is broken: the object backbones\/own\/model\.json of bucket data/);
  });

  it("of an export whose champion has lost its files in the stage it comes from", async () => {
    await source.query("mlflow", "UPDATE model_versions SET source = source || '/lost' WHERE version = 1");
    try {
      await toExport(folder);
    } finally {
      await source.query("mlflow", "UPDATE model_versions SET source = replace(source, '/lost', '')");
    }
    await expectRejection(/The champion of avocado-model, version 1, has no files in the export \(s3:.*\/lost\)/);
  });

  it("into a stage that has other objects under the same keys", async () => {
    const { data } = target.sandbox;
    await data.write("backbones/own/model.json", '{"changed":fals}');
    await expectRejection(/has 1 objects under the keys of others .* s3:\/\/avocado-there-data\/backbones\/own/, whole);
    await data.write("backbones/own/model.json", '{"changed":true}');
  });

  it("into a stage that has models", async () => {
    await trainTinyModel(target.sandbox, 7);
    await expectRejection(/Stage 'there' already has models: avocado-model\. With --replace/, whole);
  });
});

describe("an import that fails", () => {
  it("leaves the stage with the registry that it had", async () => {
    const before = await target.readRegistry();
    let calls = 0;
    const failing: TransferStage = {
      ...target.transfer,
      open: (name) => ({
        run: (statement, parameters) => {
          if (statement.startsWith("INSERT") && ++calls === 4) throw new Error("the connection is lost");
          return target.transfer.open(name).run(statement, parameters);
        },
      }),
    };
    await expect(toImport(whole, true, failing)).rejects.toThrow("the connection is lost");
    expect(await databases()).toEqual(["mlflow"]);
    expect(await target.readRegistry()).toEqual(before);
    expect(await target.sandbox.artifacts.store.head(servingKeys.manifest)).toBeUndefined();
    // MLflow has started again.
    expect(await target.sandbox.mlflow.registry.getVersion("avocado-model", "1")).toBeDefined();
  });
});

describe("an import", () => {
  it("puts the registry in the place of the stage's own, which is kept, with the addresses of its buckets", async () => {
    const old = await target.readRegistry();
    await toImport(whole, true);
    const [, replaced = ""] = (await databases()) as string[];
    expect(replaced).toMatch(/^mlflow_replaced_\d{17}$/);
    expect(await target.readRegistry(replaced)).toEqual(old);
    const expected = JSON.stringify(await source.readRegistry())
      .replaceAll(`s3://${source.buckets.artifacts}/`, `s3://${target.buckets.artifacts}/`)
      .replaceAll(`s3://${source.buckets.data}/`, `s3://${target.buckets.data}/`);
    expect(await target.readRegistry()).toEqual(JSON.parse(expected));
    expect(expected).toContain("s3://other/1");
  });

  it("copies the objects, and leaves the newest data the newest", async () => {
    const { raw, sandbox } = target;
    const photograph = await raw.read("images/a b+c ü.jpg");
    expect(Buffer.from(photograph).toString()).toBe("photograph");
    const shard = "datasets/1/shards/test.npy.gz";
    expect(Buffer.compare(await sandbox.data.read(shard), await source.sandbox.data.read(shard))).toBe(0);
    expect(await sandbox.data.head("datasets/latest.json")).toBeDefined();
    expect(await sandbox.data.head("uploads/1")).toBeUndefined();
    const [newer, older] = [await raw.head("a-newer.zip"), await raw.head("photographs/data.csv")];
    expect(newer?.modified.getTime()).toBeGreaterThan(older?.modified.getTime() ?? Infinity);
  });

  it("serves the champion, with the same answer", async () => {
    const answer = async ({ sandbox }: TestStage) => {
      const { store } = sandbox.artifacts;
      const { model } = await loadChampion(store, await readManifest(store));
      const days = await predictDays(model, [new Uint8Array(imageBytes).fill(51)], ["T10"]);
      await model.release();
      return days;
    };
    const [days] = await answer(target);
    expect(days).toBeCloseTo(51 / 25.5 + 2 + 0.5, 4);
    expect(await answer(target)).toEqual(await answer(source));
  });

  it("lets Python load models:/avocado-model@champion", async () => {
    const env = { ...process.env, ...localAws(aws), MLFLOW_TRACKING_URI: target.mlflowUrl };
    const script = join(root, "test/fixtures/load-champion.py");
    const { stdout } = await promisify(execFile)(findPythonBin("python"), [script], { env });
    const [days] = JSON.parse(stdout.trim().split("\n").at(-1) ?? "").onnx;
    expect(days).toBeCloseTo(51 / 25.5 + 2 + 0.5, 4);
  });

  it("lets MLflow go on: the next experiment, run and version have numbers of their own", async () => {
    const { mlflow, artifactRoot } = target.sandbox;
    const before = (await target.query("mlflow", "SELECT max(experiment_id) FROM experiments")).flat();
    expect(Number(await mlflow.experiments.getOrCreate("next", artifactRoot))).toBe(Number(before[0]) + 1);
    expect((await trainTinyModel(target.sandbox, 9)).version).toBe("3");
  });
});
