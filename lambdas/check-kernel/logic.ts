import type { CheckedKernel, CheckKernelTask } from "../../core/contracts/kaggle.ts";
import { errorMessage } from "../../core/errors.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import { type KernelState, lastLines } from "../../core/kaggle/kernels.ts";

export interface CheckKernelClients {
  kaggle: KaggleClient;
  /** Seconds until it is worth asking again. */
  waitSeconds: number;
  /** Seconds after which waiting is given up: for the kernel to begin, and for it to end. */
  queuePatienceSeconds: number;
  runPatienceSeconds: number;
  now?: () => Date;
}

/** Lines of the log that go into an error. */
const logLines = 30;

/**
 * How a kernel stands. That it failed is an outcome with its reason and the last lines of its log; only COMPLETE is success,
 * and a status that is missing or unknown is waited out.
 */
export async function checkKernel(task: CheckKernelTask, clients: CheckKernelClients): Promise<CheckedKernel> {
  const { kaggle, waitSeconds, queuePatienceSeconds, runPatienceSeconds, now = () => new Date() } = clients;
  const { kernel, previous } = task;
  const name = `The kernel ${kernel.owner}/${kernel.slug}`;
  const state = await kaggle.kernels.status(kernel);
  const at = now();
  const begun = state?.status === "RUNNING" || state?.status === "CANCEL_REQUESTED";
  const startedAt = previous?.startedAt ?? (begun ? at.toISOString() : undefined);
  const seconds = (from: string, to: number) => Math.max(0, Math.round((to - Date.parse(from)) / 1000));
  const checked = {
    status: state?.said ?? "none",
    queueSeconds: seconds(kernel.since, startedAt ? Date.parse(startedAt) : at.getTime()),
    runSeconds: startedAt ? seconds(startedAt, at.getTime()) : 0,
    ...(startedAt && { startedAt }),
    waitSeconds,
  };
  const failed = (error: string, cause: string): CheckedKernel => {
    return { ...checked, outcome: "failed", Error: error, Cause: cause };
  };

  if (!state)
    return failed("KernelGone", `${name} is not on Kaggle any more. Start the execution again to push it anew.`);
  if (state.status === "COMPLETE") return { ...checked, outcome: "complete" };
  if (state.status === "ERROR") return failed("KernelFailed", `${name} failed${await explain(kaggle, task, state)}`);
  if (state.status === "CANCEL_ACKNOWLEDGED") {
    return failed("KernelCancelled", `${name} was cancelled${await explain(kaggle, task, state)}`);
  }
  const advice =
    "Cancel it on kaggle.com if it is not wanted any more; a new execution with the same input takes it up.";
  if (startedAt && checked.runSeconds > runPatienceSeconds) {
    return failed("KernelTimedOut", `${name} has run for ${checked.runSeconds} s and is not done. ${advice}`);
  }
  if (!startedAt && checked.queueSeconds > queuePatienceSeconds) {
    const said = `Kaggle says ${checked.status}`;
    return failed("KernelTimedOut", `${name} has not begun after ${checked.queueSeconds} s: ${said}. ${advice}`);
  }
  return { ...checked, outcome: startedAt ? "running" : "waiting" };
}

/** Why, as far as Kaggle and the kernel's log tell. */
async function explain(kaggle: KaggleClient, { kernel }: CheckKernelTask, { failureMessage }: KernelState) {
  const said = failureMessage ? `: ${failureMessage.replace(/\.$/, "")}.` : ".";
  try {
    const lines = lastLines((await kaggle.kernels.outputs(kernel)).log, logLines).slice(-4000);
    return lines ? `${said} The last lines of its log:\n${lines}` : `${said} Its log is empty.`;
  } catch (error) {
    return `${said} Its log cannot be read: ${errorMessage(error)}`;
  }
}
