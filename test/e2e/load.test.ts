import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { validateInput } from "../../core/contracts/execution.ts";
import { artifactPrefix, artifactRoot } from "../../core/mlflow/artifacts.ts";
import { createMlflowClient } from "../../core/mlflow/client.ts";
import { freePort } from "../../local/service.ts";
import { type LocalStack, startLocalStack } from "../../local/stack.ts";
import { describePhase, LoadGenerator, phaseHeading, type Sample } from "../support/load-generator.ts";
import { tinyModel } from "../support/models.ts";
import { executionArn, type Sandbox, trainTinyModel } from "../support/pipeline.ts";

/*
 * The champion changes while 16 clients ask without a pause: the deployed predict Lambda in several instances behind the HTTP
 * API, MLflow's alias, and `npm run champion` as people use it. Version n answers n days for a black photograph, so an
 * answer shows whether the model that it names is the one that gave it.
 */
let folder: string;
let stack: LocalStack;
let sandbox: Sandbox;
let load: LoadGenerator;
const table = [phaseHeading];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "avocado-load-"));
  // Not the usual ports, which another stack may be about to take.
  const ports = { aws: await freePort(), mlflow: await freePort() };
  await mkdir(join(folder, "state"));
  await writeFile(join(folder, "state", "ports.json"), JSON.stringify(ports));
  stack = await startLocalStack({
    folder: join(folder, "state"),
    reset: false,
    log: () => {},
    onTrainerLine: () => {},
  });
  sandbox = {
    mlflow: createMlflowClient({ trackingUri: stack.mlflow.url }),
    data: stack.data,
    artifacts: { name: stack.outputs.ArtifactBucket, store: stack.artifacts },
    artifactRoot: artifactRoot(stack.outputs.ArtifactBucket),
    input: validateInput({}),
    executionArn: executionArn("load"),
  };
});
afterAll(async () => {
  await load?.stop();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** `npm run champion`; what it prints, and its exit code. */
async function champion(...args: string[]): Promise<{ code: number; text: string }> {
  const command = ["--disable-warning=ExperimentalWarning", "cli/main.ts", "champion", ...args, "--yes"];
  const options = { env: { ...process.env, AVOCADO_STATE_FOLDER: join(folder, "state") } };
  return promisify(execFile)(process.execPath, command, options).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, text: stdout + stderr }),
  );
}

/** When the instance that answers loaded its model. */
async function loadedAt(): Promise<string> {
  return (await (await fetch(`${stack.urls.api}/health`)).json()).loadedAt;
}

/** Longer than an instance goes on without looking at the manifest. */
const untilAllLooked = () => sleep(33_000);

async function phase(name: string, run: () => Promise<unknown>, version?: string): Promise<Sample[]> {
  const samples = await load.phase(name, run);
  table.push(describePhase(name, samples, version));
  return samples;
}
const versionsOf = (samples: Sample[]) => [...new Set(samples.map(({ version }) => version))].sort();

it("fails no request while champions come, are rejected, and go back", async () => {
  for (const version of [1, 2, 3]) expect((await trainTinyModel(sandbox, version)).version).toBe(String(version));
  expect(await champion("promote", "1")).toMatchObject({ code: 0 });

  load = await LoadGenerator.start(stack.urls.api);
  await expect.poll(() => load.samples.length, { timeout: 120_000 }).toBeGreaterThan(200);
  expect(versionsOf(await phase("steady", () => sleep(5_000)))).toEqual(["1"]);

  const promote = async () => {
    expect((await champion("promote", "2")).text).toContain("The API serves version 2");
    await untilAllLooked();
  };
  expect((await phase("promotion", promote, "2")).at(-1)).toMatchObject({ version: "2" });

  const truncated = await phase("promotion of a truncated model, rejected", async () => {
    const { source } = (await sandbox.mlflow.registry.getVersion("avocado-model", "3")) ?? { source: "" };
    const key = `${artifactPrefix(sandbox.artifacts.name, source)}model.onnx`;
    await sandbox.artifacts.store.write(key, tinyModel(3).subarray(0, 300));
    expect(await champion("promote", "3")).toMatchObject({ code: 1, text: expect.stringContaining("ONNX graph") });
  });
  expect(versionsOf(truncated)).not.toContain("3");

  const back = async () => {
    expect((await champion("rollback")).text).toContain("The API serves version 1");
    await untilAllLooked();
  };
  expect((await phase("rollback", back, "1")).at(-1)).toMatchObject({ version: "1" });

  await load.stop();
  const instances = new Set(await Promise.all(Array.from({ length: 16 }, loadedAt)));
  console.log(`${table.join("\n")}\n${instances.size} instances`);
  expect(instances.size).toBeGreaterThan(1);
  expect(load.samples.filter(({ status }) => status !== 200).map(({ status, body }) => [status, body])).toEqual([]);
  expect(load.samples.filter(({ version, days }) => Number(version) !== days)).toEqual([]);
});
