import type { PushedKernel, PushKernelTask } from "../../core/contracts/kaggle.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import type { Tracking } from "../../core/kaggle/credentials.ts";
import { isCapacity } from "../../core/kaggle/errors.ts";
import type { NewKernel } from "../../core/kaggle/kernels.ts";
import { injectParameters, type Parameter } from "../../core/kaggle/notebook.ts";
import type { Run } from "../../core/mlflow/runs.ts";
import { notebookParameters, openHeadRun } from "../../core/notebook-run.ts";
import { kernelTags } from "../../core/run-tags.ts";
import { openTrainingRun, type TrainingRunClients } from "../../core/training-run.ts";
import { findPushed, saveKernel } from "./save-kernel.ts";

export interface KernelSettings {
  /** First part of the kernels' slugs. */
  prefix: string;
  gpu: boolean;
  /** Which GPU, as Kaggle names them. */
  machineShape: string;
  /** What the backbone begins with: `imagenet`, or `none` to learn from scratch. */
  weights: string;
  /** Seconds after which Kaggle ends the kernel. */
  timeout: number;
  /** An MLflow that kernels can reach and report to while they train. */
  tracking?: Tracking;
}

export interface PushKernelClients extends TrainingRunClients {
  kaggle: KaggleClient;
  /** The notebook's JSON. */
  notebook: string;
  settings: KernelSettings;
  /** Seconds until it is worth asking again, and after which waiting for a GPU session is given up. */
  waitSeconds: number;
  queueTimeoutSeconds: number;
  now?: () => Date;
}

/**
 * Opens the MLflow runs of both phases and has Kaggle run the notebook. Each run has a kernel of its own, so that a
 * restarted execution finds the one that an earlier attempt pushed: it is pushed again only when it had failed.
 */
export async function pushKernel(task: PushKernelTask, clients: PushKernelClients): Promise<PushedKernel> {
  const { kaggle, mlflow, settings, queueTimeoutSeconds, waitSeconds, now = () => new Date() } = clients;
  const { run, result } = await openTrainingRun(task, clients);
  const head = await openHeadRun(task, run, mlflow);
  const ref = { owner: kaggle.owner, slug: `${settings.prefix}-${run.runId.slice(0, 12)}` };
  const since = task.previous?.since ?? now().toISOString();
  const pushed = { ...ref, runId: run.runId, headRunId: head.runId, since };
  if (result) {
    await mlflow.runs.update(head.runId, "FINISHED");
    return { ...pushed, outcome: "trained", training: result };
  }
  const version = Number(run.tags[kernelTags.version]) || undefined;
  const state = await findPushed({ ...ref, version }, kaggle);
  const over = !state || ["ERROR", "CANCEL_ACKNOWLEDGED"].includes(state.status);
  // A kernel may complete and yet leave what cannot be used.
  const rejected = state?.status === "COMPLETE" && run.tags[kernelTags.rejected] !== undefined;
  if (!over && !rejected) return { ...pushed, outcome: "attached", version };

  try {
    const kernel: NewKernel = {
      ...ref,
      title: ref.slug,
      notebook: injectParameters(clients.notebook, parametersOf(task, run, head, settings)),
      datasets: [task.source],
      gpu: settings.gpu,
      machineShape: settings.machineShape,
      // For the backbone's weights, the packages of the export, and MLflow where it is told.
      internet: true,
      timeout: settings.timeout,
    };
    const saved = await saveKernel(kernel, state !== undefined, kaggle);
    const tags = {
      [kernelTags.kernel]: `${ref.owner}/${ref.slug}`,
      [kernelTags.version]: String(saved.version),
      [kernelTags.url]: saved.url,
    };
    await mlflow.runs.log(run.runId, { tags });
    if (run.tags[kernelTags.rejected] !== undefined) await mlflow.runs.deleteTag(run.runId, kernelTags.rejected);
    return { ...pushed, outcome: "pushed", version: saved.version };
  } catch (error) {
    const late = now().getTime() - Date.parse(since) > 1000 * queueTimeoutSeconds;
    if (!isCapacity(error) || late) throw error;
    return { ...pushed, outcome: "waiting", waitSeconds };
  }
}

function parametersOf(
  task: PushKernelTask,
  run: Run,
  head: Run,
  { gpu, weights, tracking }: KernelSettings,
): Record<string, Parameter> {
  return {
    ...notebookParameters(task, { runId: run.runId, headRunId: head.runId }, weights),
    require_gpu: gpu,
    ...(tracking && {
      tracking_uri: tracking.uri,
      tracking_username: tracking.username,
      tracking_password: tracking.password,
    }),
  };
}
