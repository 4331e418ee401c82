import type { PushedKernel, PushKernelTask } from "../../core/contracts/kaggle.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import type { Tracking } from "../../core/kaggle/credentials.ts";
import { injectParameters, type Parameter } from "../../core/kaggle/notebook.ts";
import type { Run } from "../../core/mlflow/runs.ts";
import { notebookParameters, openHeadRun } from "../../core/notebook-run.ts";
import { kernelTags } from "../../core/run-tags.ts";
import { openTrainingRun, type TrainingRunClients } from "../../core/training-run.ts";

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
  now?: () => Date;
}

/**
 * Opens the MLflow runs of both phases and has Kaggle run the notebook. Each run has a kernel of its own, so that a
 * restarted execution finds the one that an earlier attempt pushed: it is pushed again only when it had failed.
 */
export async function pushKernel(task: PushKernelTask, clients: PushKernelClients): Promise<PushedKernel> {
  const { kaggle, mlflow, settings, now = () => new Date() } = clients;
  const { run, result } = await openTrainingRun(task, clients);
  const head = await openHeadRun(task, run, mlflow);
  const ref = { owner: kaggle.owner, slug: `${settings.prefix}-${run.runId.slice(0, 12)}` };
  const pushed = { ...ref, runId: run.runId, headRunId: head.runId, since: now().toISOString() };
  if (result) {
    await mlflow.runs.update(head.runId, "FINISHED");
    return { ...pushed, outcome: "trained", training: result };
  }
  const state = await kaggle.kernels.status(ref);
  const over = !state || ["ERROR", "CANCEL_ACKNOWLEDGED"].includes(state.status);
  // A kernel may complete and yet leave what cannot be used.
  const rejected = state?.status === "COMPLETE" && run.tags[kernelTags.rejected] !== undefined;
  if (!over && !rejected) return { ...pushed, outcome: "attached" };

  const url = await kaggle.kernels.push({
    ...ref,
    title: ref.slug,
    notebook: injectParameters(clients.notebook, parametersOf(task, run, head, settings)),
    datasets: [task.source],
    gpu: settings.gpu,
    machineShape: settings.machineShape,
    // For the backbone's weights, the packages of the export, and MLflow where it is told.
    internet: true,
    timeout: settings.timeout,
  });
  await mlflow.runs.log(run.runId, {
    tags: { [kernelTags.kernel]: `${ref.owner}/${ref.slug}`, [kernelTags.url]: url },
  });
  if (run.tags[kernelTags.rejected] !== undefined) await mlflow.runs.deleteTag(run.runId, kernelTags.rejected);
  return { ...pushed, outcome: "pushed" };
}

function parametersOf(
  task: PushKernelTask,
  run: Run,
  head: Run,
  { weights, tracking }: KernelSettings,
): Record<string, Parameter> {
  return {
    ...notebookParameters(task, { runId: run.runId, headRunId: head.runId }, weights),
    ...(tracking && {
      tracking_uri: tracking.uri,
      tracking_username: tracking.username,
      tracking_password: tracking.password,
    }),
  };
}
