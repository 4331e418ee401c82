import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { executeRetraining } from "../../cli/executions/execute.ts";
import type { Report } from "../../cli/executions/report.ts";
import { Progress } from "../../cli/terminal/progress.ts";
import { uploadData } from "../../cli/upload.ts";
import { type FaultSettings, usual } from "../../local/kaggle/faults.ts";
import { ensureSample } from "../../local/sample.ts";
import { type LocalStack, startLocalStack } from "../../local/stack.ts";
import { root } from "../../scripts/setup/paths.ts";
import { expectFailure, expectPromotion } from "../support/e2e-retraining.ts";
import { formatCalls, recordings, summariseCalls } from "../support/iam/recording.ts";

/* The whole system on this machine with the local Kaggle as trainer, which really runs the notebook. */
describe("strategy 'kaggle'", () => {
  let folder: string;
  let stack: LocalStack;
  let data: string;
  let first: Report;
  /** Each execution that is to fail is the first with its input. */
  let seed = 1;

  const execute = (seed: number, strategy = "kaggle"): Promise<Report> => {
    const input = { data, strategy, hyperparameters: { epochs: 2, batchSize: 16, learningRate: 0.01, seed } };
    return executeRetraining(stack, input, new Progress(), new AbortController().signal);
  };
  const setFaults = (faults: FaultSettings) =>
    fetch(`${stack.urls.kaggle}/_emulator/faults`, { method: "PUT", body: JSON.stringify(faults) });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "avocado-kaggle-"));
    // Every Lambda writes down what it asks for: see test/infra/simulation.test.ts.
    vi.stubEnv("RECORD_CALLS", join(folder, "calls.jsonl"));
    vi.stubEnv("NODE_OPTIONS", `--import=${join(root, "test/support/iam/record-calls.ts")}`);
    const sample = await ensureSample(join(folder, "sample"), () => {}, { fruits: 14, seed: 10 });
    stack = await startLocalStack({
      folder: join(folder, "state"),
      reset: false,
      log: () => {},
      onTrainerLine: () => {},
      kaggle: { service: "local", tunnel: false, weights: "none" },
    });
    data = await uploadData(sample, stack.raw);
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("answers with the bootstrap model before anything was promoted", async () => {
    const health = await (await fetch(`${stack.urls.api}/health`)).json();
    expect(health).toMatchObject({ model: { version: "bootstrap", alias: "bootstrap" } });
  });

  it("trains both phases, promotes the model and serves it, although much goes wrong for a while", async ({
    annotate,
  }) => {
    await setFaults({
      ...usual,
      queueSeconds: 5,
      truncateUploads: 1,
      errors: [
        { method: "StartBlobUpload", status: 429, retryAfter: "1", times: 2 },
        { method: "GetKernelSessionStatus", status: 503, times: 3 },
      ],
    });
    first = await execute(1);
    await annotate(first.reason);
    await expectPromotion(stack, first, "kaggle.phase");
  });

  it("calls AWS as the roles are checked for, in test/infra/simulation.test.ts", async () => {
    const programs = ["upload-dataset", "push-kernel", "check-kernel", "collect-training"];
    const calls = summariseCalls(await readFile(join(folder, "calls.jsonl"), "utf8"));
    const ofKaggle = calls.filter(({ program }) => programs.includes(program));
    await expect(formatCalls(ofKaggle)).toMatchFileSnapshot(fileURLToPath(recordings.kaggle));
  });

  // The emulated Lambda gives every error that is thrown one name, so that these tests look at the words.
  it.for<[string, FaultSettings, RegExp]>([
    ["a kernel that fails", { kernel: "error" }, /^KernelFailed: .*RuntimeError: Fault on demand/s],
    ["a kernel that is cancelled", { kernel: "cancel" }, /^KernelCancelled: /],
    ["a quota that is used up", { kernel: "quota" }, /Maximum weekly GPU quota.*reached\. Wait.*strategy 'ecs'/s],
    [
      "a kernel that is said to be complete and left nothing",
      { kernelStatus: "COMPLETE", queueSeconds: 3600 },
      /completed without run\.json; it left nothing/,
    ],
    [
      "a Kaggle that stays away",
      { errors: [{ method: "SaveKernel", status: 500, times: 1000 }] },
      /Kaggle does not take .*SaveKernel \(status 500\)/,
    ],
  ])(
    "says in the execution and in both runs that it failed on %s, while the champion serves",
    async ([, faults, reason], { annotate }) => {
      await setFaults(faults);
      await expectFailure(stack, execute(++seed), reason, "kaggle.phase", annotate);
    },
  );

  it("compares a model of strategy 'ecs' with one of strategy 'kaggle' on the same test photographs", async ({
    annotate,
  }) => {
    await setFaults({});
    const { challenger, champion, dataset } = await execute(1, "ecs");
    await annotate(JSON.stringify({ ecs: challenger?.metrics, kaggle: champion?.metrics }));
    expect(dataset?.version).toBe(first.dataset?.version);
    expect(challenger?.version).not.toBe("1");
    expect(champion?.metrics).toEqual(first.challenger?.metrics);
    expect(challenger?.metrics.n).toBe(champion?.metrics.n);
  });
});
