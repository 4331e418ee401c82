import type { CheckedKernel, CheckKernelTask } from "../../core/contracts/kaggle.ts";
import { errorMessage, TransientError } from "../../core/errors.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import { type KernelState, lastLines } from "../../core/kaggle/kernels.ts";
import { findKernel } from "../shared/find-kernel.ts";

export interface CheckKernelClients {
  kaggle: KaggleClient;
  /** Seconds until it is worth asking again. */
  waitSeconds: number;
  /** Seconds after which waiting is given up: for the kernel to begin, and for it to end. */
  queueTimeoutSeconds: number;
  runTimeoutSeconds: number;
  now?: () => Date;
}

/** Lines of the log that go into an error. */
const logLines = 30;

/** Seconds for which Kaggle may not show the kernel, and for which it may be away. */
const absentSeconds = 15 * 60;
const awaySeconds = 3600;
/** Kaggle ends a kernel some time before or after its limit. */
const limitSlack = 5 * 60;

/**
 * How a kernel stands. That it failed is an outcome with its reason and the last lines of its log; only COMPLETE is success,
 * and a status that is missing or unknown is waited out, as is a Kaggle that is away for less than an hour. A kernel that is
 * given up is deleted: that alone is known to end what it runs.
 * @throws TransientError when Kaggle stays away
 */
export async function checkKernel(task: CheckKernelTask, clients: CheckKernelClients): Promise<CheckedKernel> {
  const { kaggle, waitSeconds, queueTimeoutSeconds, runTimeoutSeconds, now = () => new Date() } = clients;
  const { kernel, previous } = task;
  const name = `The kernel ${kernel.owner}/${kernel.slug}`;
  const at = now();
  const seconds = (from: string, to: number) => Math.max(0, Math.round((to - Date.parse(from)) / 1000));
  const unseenSince = previous?.unseenSince ?? at.toISOString();
  const unseenSeconds = seconds(unseenSince, at.getTime());
  const state = await findKernel(kaggle, kernel).catch((error: unknown) => {
    if (!(error instanceof TransientError) || unseenSeconds > awaySeconds) throw error;
    return "away" as const;
  });
  const seen = state !== "away" && state?.said !== "none" ? state : undefined;
  const begun = seen?.status === "RUNNING" || seen?.status === "CANCEL_REQUESTED";
  const startedAt = previous?.startedAt ?? (begun ? at.toISOString() : undefined);
  const checked = {
    status: seen?.said ?? "none",
    queueSeconds: seconds(kernel.since, startedAt ? Date.parse(startedAt) : at.getTime()),
    runSeconds: startedAt ? seconds(startedAt, at.getTime()) : 0,
    ...(startedAt && { startedAt }),
    ...(!seen && { unseenSince }),
    waitSeconds,
  };
  const failed = (error: string, cause: string): CheckedKernel => {
    return { ...checked, outcome: "failed", Error: error, Cause: cause };
  };

  if (state === undefined && unseenSeconds > absentSeconds) {
    return failed("KernelGone", `${name} is not on Kaggle any more. Start the execution again to push it anew.`);
  }
  if (state !== undefined && state !== "away") {
    const { status } = state;
    if (status === "COMPLETE") return { ...checked, outcome: "complete" };
    if (status === "ERROR") return failed("KernelFailed", `${name} failed${await explain(kaggle, task, state)}`);
    if (status === "CANCEL_ACKNOWLEDGED" && checked.runSeconds > runTimeoutSeconds - limitSlack) {
      const limit = `about as long as Kaggle lets it: ${runTimeoutSeconds} s`;
      return failed("KernelTimedOut", `${name} ran ${limit}. Kaggle keeps no files of it. ${advice}`);
    }
    if (status === "CANCEL_ACKNOWLEDGED") {
      return failed("KernelCancelled", `${name} was cancelled${await explain(kaggle, task, state)}`);
    }
  }
  const late = lateness(checked, { queueTimeoutSeconds, runTimeoutSeconds });
  if (late) return failed("KernelTimedOut", `${name} ${late}. ${await giveUp(kernel, kaggle)} ${advice}`);
  return { ...checked, outcome: startedAt ? "running" : "waiting" };
}

const advice = "Train fewer epochs, or start the execution again to push it anew.";

function lateness(
  {
    status,
    startedAt,
    runSeconds,
    queueSeconds,
  }: Pick<CheckedKernel, "status" | "startedAt" | "runSeconds" | "queueSeconds">,
  { queueTimeoutSeconds, runTimeoutSeconds }: Pick<CheckKernelClients, "queueTimeoutSeconds" | "runTimeoutSeconds">,
): string | undefined {
  if (startedAt) return runSeconds > runTimeoutSeconds ? `has run for ${runSeconds} s and is not done` : undefined;
  if (queueSeconds <= queueTimeoutSeconds) return undefined;
  return `has not begun after ${queueSeconds} s: Kaggle says ${status}`;
}

/** Ends a kernel. @returns a sentence that says so */
async function giveUp(kernel: CheckKernelTask["kernel"], kaggle: KaggleClient): Promise<string> {
  try {
    await kaggle.kernels.delete(kernel);
    return "It was deleted, so that it uses no more GPU time.";
  } catch (error) {
    return `It cannot be deleted (${errorMessage(error)}): delete it on kaggle.com, for it may go on using GPU time.`;
  }
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
