import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import { championChange, readLedger } from "../../../core/champion-ledger.ts";
import { championManifest, servingKeys } from "../../../core/contracts/model.ts";
import { artifactPrefix } from "../../../core/mlflow/artifacts.ts";
import { readJson } from "../../../core/storage.ts";
import type { RunningStack } from "../../../local/state.ts";
import { localClient } from "../../support/ministack.ts";
import { createSandbox, type Sandbox, trainTinyModel } from "../../support/pipeline.ts";

const services = inject("services");
let folder: string;
let sandbox: Sandbox;
const model = () => sandbox.input.modelName;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "champion-"));
  sandbox = await createSandbox();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Makes this process look like an `npm start` whose API loads whatever the manifest names. */
async function pretendToRun(): Promise<{ asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    asked.push(request.url);
    const { modelName: name, version, alias, runId, sha256 } = await manifest();
    response.end(JSON.stringify({ model: { name, version, alias, runId, sha256 } }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stack: RunningStack = {
    outputs: {
      RawBucket: "raw",
      DataBucket: sandbox.data.bucket,
      ArtifactBucket: services.artifactBucket,
      StateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:retraining",
      ApiId: "api",
      TrainingQueueUrl: "http://127.0.0.1/queue",
      KaggleSecret: "secret",
    },
    urls: { api, mlflow: services.mlflow, aws: services.aws },
    trainerLog: join(folder, "trainer.log"),
  };
  await writeFile(join(folder, "lock"), String(process.pid));
  await writeFile(join(folder, "running.json"), JSON.stringify(stack));
  return { asked };
}

/** Runs the command; what it prints, and its exit code. */
async function champion(...args: string[]): Promise<{ code: number; text: string }> {
  const command = ["--disable-warning=ExperimentalWarning", "cli/main.ts", "champion", ...args, "--model", model()];
  const options = { env: { ...process.env, AVOCADO_STATE_FOLDER: folder } };
  try {
    const running = promisify(execFile)(process.execPath, command, options);
    // Nobody is there to answer.
    running.child.stdin?.end();
    const { stdout, stderr } = await running;
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

const alias = async () => (await sandbox.mlflow.registry.getAlias(model(), "champion"))?.version;
const manifest = () =>
  readJson(sandbox.artifacts.store, servingKeys.manifest, (value) => championManifest.parse(value));

describe("npm run champion", () => {
  it("says that no stack runs", async () => {
    expect(await champion("list")).toMatchObject({
      code: 1,
      text: expect.stringContaining("Start one with 'npm start'"),
    });
  });

  it("promotes a version, publishes it, has the API reload and writes down who and why", async () => {
    const api = await pretendToRun();
    await trainTinyModel(sandbox, 1);
    const { code, text } = await champion("promote", "1", "--yes", "--reason", "the first one");
    expect({ code, text }).toMatchObject({
      code: 0,
      text: expect.stringContaining("alias and manifest both name version 1"),
    });
    expect(await alias()).toBe("1");
    expect(await manifest()).toMatchObject({ modelName: model(), version: "1" });
    expect(api.asked).toEqual(["/reload-model"]);
    expect(text).toContain("The API serves version 1");
    expect(await readLedger(sandbox.mlflow, model())).toMatchObject([
      { kind: "promotion", to: "1", by: expect.stringMatching(/.@./), reason: "the first one" },
    ]);
  });

  it("rolls back, step by step, and says when there is nothing to go back to", async () => {
    await pretendToRun();
    for (const version of ["1", "2", "3"]) {
      await trainTinyModel(sandbox, Number(version));
      await champion("promote", version, "--yes");
    }
    await champion("rollback", "--yes");
    expect(await alias()).toBe("2");
    await champion("rollback", "--yes");
    expect([await alias(), (await manifest()).version]).toEqual(["1", "1"]);
    expect(await champion("rollback", "--yes")).toMatchObject({
      code: 1,
      text: expect.stringContaining("no champion before version 1"),
    });
  });

  it("changes nothing unless somebody says yes", async () => {
    await pretendToRun();
    await trainTinyModel(sandbox, 1);
    const { code, text } = await champion("promote", "1");
    expect(code).toBe(1);
    expect(text).toContain("No answer was given, so nothing was changed.");
    expect(await alias()).toBeUndefined();
  });

  it("rejects a version that could not be served, and one that is not there, before anything changes", async () => {
    await pretendToRun();
    const { artifactUri } = await trainTinyModel(sandbox, 1);
    const prefix = artifactPrefix(sandbox.artifacts.name, `${artifactUri}/model`);
    await sandbox.artifacts.store.write(`${prefix}model.onnx`, "no graph");
    expect((await champion("promote", "1", "--yes")).code).toBe(1);
    expect((await champion("promote", "9", "--yes")).text).toContain("has no version 9");
    expect(await alias()).toBeUndefined();
    expect(await readLedger(sandbox.mlflow, model())).toEqual([]);
  });

  it("finishes a change that failed on its way: the current champion is recorded and published again", async () => {
    await pretendToRun();
    await trainTinyModel(sandbox, 1);
    await sandbox.mlflow.registry.setAlias(model(), "champion", "1");
    await champion("promote", "1", "--yes");
    await champion("promote", "1", "--yes");
    expect(await readLedger(sandbox.mlflow, model())).toHaveLength(1);
    expect((await manifest()).modelName).toBe(model());
  });

  it("lists, shows and compares versions", async () => {
    await pretendToRun();
    const { runId } = await trainTinyModel(sandbox, 1);
    await sandbox.mlflow.runs.log(runId, {
      metrics: [{ key: "test_mae", value: 1.5 }],
      tags: { "dataset.version": "d1" },
    });
    const second = await trainTinyModel(sandbox, 2);
    await sandbox.mlflow.runs.log(second.runId, {
      metrics: [{ key: "test_mae", value: 1.25 }],
      tags: { "dataset.version": "d2" },
    });
    await champion("promote", "1", "--yes", "--reason", "to see it");
    expect((await champion("list")).text).toMatch(/★ +1 .* d1 +1\.5 .*@/);
    expect((await champion("show", "1")).text).toMatch(
      /the champion[\s\S]*test_mae +1\.5[\s\S]*none -> 1 {2}promotion by .*: to see it/,
    );
    const { text } = await champion("compare", "1", "2");
    expect(text).toMatch(/test_mae +1\.5 +1\.25 +-0\.25/);
    expect(text).toContain("different datasets");
  });

  it("tells the same to programs", async () => {
    await pretendToRun();
    await trainTinyModel(sandbox, 1);
    await champion("promote", "1", "--yes", "--reason", "to read it");
    const read = async (...args: string[]) => JSON.parse((await champion(...args, "--json")).text);
    const version = { model: model(), version: "1", isChampion: true, championBy: expect.stringMatching(/.@./) };
    expect(await read("list")).toMatchObject([version]);
    expect(await read("show", "1")).toMatchObject(version);
    expect(await read("compare", "1", "1")).toMatchObject([version, version]);
    expect(await read("log")).toEqual(await readLedger(sandbox.mlflow, model()));
  });

  it("announces the change on the event bus", async () => {
    await pretendToRun();
    await trainTinyModel(sandbox, 1);
    const name = `changes-${model()}`;
    const sqs = new SQSClient(localClient(services.aws));
    const events = new EventBridgeClient(localClient(services.aws));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const pattern = { source: ["avocado"], detail: { modelName: [model()] } };
    await events.send(new PutRuleCommand({ Name: name, EventPattern: JSON.stringify(pattern) }));
    const Arn = `arn:aws:sqs:us-east-1:000000000000:${name}`;
    await events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: "queue", Arn }] }));
    await champion("promote", "1", "--yes");
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
    const event = JSON.parse(Messages?.[0]?.Body ?? "{}");
    expect(event["detail-type"]).toBe("Champion changed");
    expect([championChange.parse(event.detail)]).toEqual(await readLedger(sandbox.mlflow, model()));
  });

  it("answers a wrong command with its usage", async () => {
    await pretendToRun();
    expect((await champion("promote")).text).toMatch(/missing required argument 'version'[\s\S]*champion promote/);
    expect((await champion("crown", "1")).text).toContain("unknown command 'crown'");
  });
});
