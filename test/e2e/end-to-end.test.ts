import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { executeRetraining } from "../../cli/executions/execute.ts";
import type { Report } from "../../cli/executions/report.ts";
import { Progress } from "../../cli/terminal/progress.ts";
import { uploadData } from "../../cli/upload.ts";
import { createMlflowClient } from "../../core/mlflow/client.ts";
import { ensureSample } from "../../local/sample.ts";
import { type LocalStack, startLocalStack } from "../../local/stack.ts";
import { root } from "../../scripts/setup/paths.ts";
import { formatCalls, recordings, summariseCalls } from "../support/iam/recording.ts";

/*
 * The whole system on this machine, nothing replaced: MLflow, the emulator with the deployed CDK app, the trainer. The
 * scenarios build on each other, as the days of a system in use do.
 */
describe("the main job, end to end", () => {
  let folder: string;
  let stack: LocalStack;
  let first: Report;
  let data: string;
  let onTrainerLine: (line: string) => void = () => {};

  const execute = (input: object): Promise<Report> =>
    executeRetraining(stack, { data, ...input }, new Progress(), new AbortController().signal);
  const health = async () => (await (await fetch(`${stack.urls.api}/health`)).json()) as { model: { version: string } };
  const good = { hyperparameters: { epochs: 6 } };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "avocado-e2e-"));
    // Every Lambda, and the trainer, write down what they ask for: see test/infra/simulation.test.ts.
    vi.stubEnv("RECORD_CALLS", join(folder, "calls.jsonl"));
    vi.stubEnv("NODE_OPTIONS", `--import=${join(root, "test/support/iam/record-calls.ts")}`);
    data = await ensureSample(join(folder, "sample"), () => {}, { fruits: 24, seed: 7 });
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("promotes the first model: npm start -- --once", async () => {
    const file = join(folder, "report.json");
    const args = ["--once", "--data", data, "--report", file, "--set", "hyperparameters.epochs=6"];
    const start = spawn(process.execPath, [join(root, "cli/main.ts"), "start", ...args], {
      stdio: "inherit",
      env: { ...process.env, AVOCADO_STATE_FOLDER: join(folder, "state") },
    });
    expect(await once(start, "close")).toEqual([0, null]);
    first = JSON.parse(await readFile(file, "utf8"));
    expect(first).toMatchObject({ status: "SUCCEEDED", promoted: true, challenger: { version: "1" } });
    expect(first.champion).toMatchObject({ version: "bootstrap" });
    expect(first.prediction).toMatchObject({ model: { version: "1", alias: "champion", runId: first.runId } });
    expect(first.seconds).toHaveProperty("Train");
  });

  it("keeps its state: a second start serves the champion before anything is trained", async () => {
    stack = await startLocalStack({
      folder: join(folder, "state"),
      reset: false,
      log: () => {},
      onTrainerLine: (line) => onTrainerLine(line),
    });
    data = await uploadData(data, stack.raw);
    expect((await health()).model.version).toBe("1");
  });

  it("does not promote a challenger that was trained badly", async () => {
    const bad = { hyperparameters: { epochs: 1, learningRate: 1e-6, optimizer: "sgd" } };
    const report = await execute(bad);
    expect(report).toMatchObject({
      status: "SUCCEEDED",
      promoted: false,
      challenger: { version: "2" },
      champion: { version: "1" },
    });
    expect(report.challenger?.metrics.mse).toBeGreaterThan(report.champion?.metrics.mse ?? Number.POSITIVE_INFINITY);
    expect((await health()).model.version).toBe("1");
  });

  it("trains on the newest dataset version without fetching: newData false", async () => {
    const report = await execute({ newData: false, hyperparameters: { epochs: 2, seed: 3 } });
    expect(report).toMatchObject({
      status: "SUCCEEDED",
      challenger: { version: "3" },
      dataset: { version: first.dataset?.version },
    });
    expect(Object.keys(report.seconds)).not.toContain("Fetch data");
  });

  it("survives a trainer that is killed: the run is marked, the champion serves, a second start finishes the same run", async () => {
    const before = (await health()).model.version;
    onTrainerLine = (line) => {
      if (line.includes('"event":"epoch"')) for (const pid of stack.worker.pids()) process.kill(pid, "SIGKILL");
    };
    const input = { newData: false, hyperparameters: { epochs: 4, seed: 11 } };
    const killed = await execute(input);
    expect(killed).toMatchObject({ status: "FAILED", promoted: false });
    expect(killed.reason).toMatch(/TrainerDied.*SIGKILL/s);
    const { runs, experiments } = createMlflowClient({ trackingUri: stack.mlflow.url });
    const filter = `tags.\`pipeline.execution\` = '${killed.executionArn}'`;
    const [run] = await runs.search(await experiments.listIds(), filter);
    expect(run?.status).toBe("FAILED");
    expect(killed.runId).toBe(run?.runId);
    expect((await health()).model.version).toBe(before);

    onTrainerLine = () => {};
    const again = await execute(input);
    expect(again).toMatchObject({ status: "SUCCEEDED", runId: run?.runId, challenger: { version: "4" } });
  });

  it("predicts without MLflow, and a retraining says that it is away", async () => {
    await stack.mlflow.stop();
    const report = await execute(good);
    expect(report.status).toBe("FAILED");
    expect(report.reason).toMatch(/MLflow/);
    expect((await health()).model.version).toBeDefined();
  });

  it("calls AWS as the roles are checked for, in test/infra/simulation.test.ts", async () => {
    const calls = summariseCalls(await readFile(join(folder, "calls.jsonl"), "utf8"));
    await expect(formatCalls(calls)).toMatchFileSnapshot(fileURLToPath(recordings.local));
  });
});
