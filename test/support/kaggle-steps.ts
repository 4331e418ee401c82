import { setTimeout as sleep } from "node:timers/promises";
import { type ExecutionInput, validateInput } from "../../core/contracts/execution.ts";
import type { CheckedKernel, PushedKernel, UploadedDataset } from "../../core/contracts/kaggle.ts";
import type { DatasetRef, TrainingResult } from "../../core/contracts/pipeline.ts";
import { createKaggleClient, type KaggleClient } from "../../core/kaggle/client.ts";
import { checkKernel } from "../../lambdas/check-kernel/logic.ts";
import { collectTraining } from "../../lambdas/collect-training/logic.ts";
import { listOutputs } from "../../lambdas/collect-training/outputs.ts";
import { type KernelSettings, pushKernel } from "../../lambdas/push-kernel/logic.ts";
import { uploadDataset } from "../../lambdas/upload-dataset/logic.ts";
import { kaggleUser } from "./kaggle.ts";
import { createSandbox, executionArn, type Sandbox } from "./pipeline.ts";
import { makeTinyDataset } from "./tiny-dataset.ts";

/** The steps that train on Kaggle, one after the other, in a test's own sandbox. */
export interface KaggleSteps extends Sandbox {
  kaggle: KaggleClient;
  dataset: DatasetRef;
  /** An execution that is still going on. */
  running: Set<string>;
  upload(previous?: UploadedDataset): Promise<UploadedDataset>;
  /** Asks until the dataset is ready. @returns its name on Kaggle */
  uploadToEnd(): Promise<string>;
  push(
    source: string,
    notebook: string,
    change?: { execution?: string; settings?: Partial<KernelSettings>; previous?: { since: string } },
  ): Promise<PushedKernel>;
  check(kernel: PushedKernel, previous?: Pick<CheckedKernel, "startedAt" | "unseenSince">): Promise<CheckedKernel>;
  /** Asks until the kernel is over. @returns all answers */
  checkToEnd(kernel: PushedKernel): Promise<CheckedKernel[]>;
  collect(kernel: PushedKernel, change?: { secondLook?: number }): Promise<TrainingResult>;
}

/** Makes such a sandbox with a tiny dataset in it. */
export async function kaggleSteps(
  url: string,
  hyperparameters: ExecutionInput["hyperparameters"] = {},
): Promise<KaggleSteps> {
  const sandbox = await createSandbox();
  const kaggle = createKaggleClient({ baseUrl: `${url}/api`, credentials: kaggleUser, backoff: 20 });
  const dataset = await writeDataset(sandbox);
  const { experimentName, modelName } = sandbox.input;
  const input = validateInput({ strategy: "kaggle", experimentName, modelName, hyperparameters });
  const running = new Set([sandbox.executionArn]);
  const slug = experimentName.replaceAll(" ", "-");
  const steps: KaggleSteps = {
    ...sandbox,
    input,
    kaggle,
    dataset,
    running,
    upload: (previous) =>
      uploadDataset(
        { dataset, previous },
        {
          kaggle,
          data: sandbox.data,
          dataset: { slug, title: slug, licence: "other", keepVersions: true },
          gpu: true,
          waitSeconds: 0.1,
          timeoutSeconds: 60,
        },
      ),
    async uploadToEnd() {
      for (let answer = await steps.upload(); ; answer = await steps.upload(answer)) {
        if (answer.source) return answer.source;
        await sleep(answer.waitSeconds * 1000);
      }
    },
    push: (source, notebook, change = {}) =>
      pushKernel(
        {
          executionArn: executionArn(change.execution ?? sandbox.executionArn.split(":").at(-1) ?? ""),
          input,
          dataset,
          source,
          previous: change.previous,
        },
        {
          ...sandbox,
          waitSeconds: 0.1,
          queueTimeoutSeconds: 60,
          kaggle,
          notebook,
          isRunning: async (arn) => running.has(arn),
          settings: {
            prefix: "avocado",
            gpu: true,
            machineShape: "NvidiaTeslaT4",
            weights: "none",
            timeout: 600,
            ...change.settings,
          },
        },
      ),
    check: (kernel, previous) =>
      checkKernel({ kernel, previous }, { kaggle, waitSeconds: 0.2, queueTimeoutSeconds: 60, runTimeoutSeconds: 600 }),
    async checkToEnd(kernel) {
      const answers: CheckedKernel[] = [];
      do {
        answers.push(await steps.check(kernel, answers.at(-1)));
        await sleep(200);
      } while (["waiting", "running"].includes(answers.at(-1)?.outcome ?? ""));
      return answers;
    },
    collect: (kernel, { secondLook = 200 } = {}) =>
      collectTraining(
        { input, dataset, kernel },
        { ...sandbox, listOutputs: () => listOutputs(kaggle, kernel), secondLook },
      ),
  };
  return steps;
}

async function writeDataset({ data }: Sandbox): Promise<DatasetRef> {
  const { summary } = await makeTinyDataset(data, { train: 16, validation: 8, test: 4 });
  const { version, rows, photographs, labelled, dropped } = summary;
  return { version, rows, photographs, labelled, dropped };
}
