import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkBackbone, validateInput } from "../../../core/contracts/execution.ts";
import { errorMessage, NamedError } from "../../../core/errors.ts";
import { ensureSample } from "../../../local/sample.ts";
import { type LocalStack, startLocalStack } from "../../../local/stack.ts";
import { stateFolder } from "../../../local/state.ts";
import { localFolder } from "../../../scripts/setup/paths.ts";
import { setUp } from "../../../scripts/setup/run.ts";
import { executeRetraining } from "../../executions/execute.ts";
import { isSuccess, printReport } from "../../executions/report.ts";
import { showKernelOutput, showTrainerLine } from "../../executions/trainer-lines.ts";
import { bar, type Progress } from "../../terminal/progress.ts";
import { findDataFiles, uploadData } from "../../upload.ts";
import type { StartOptions } from "./options.ts";

/**
 * Runs the whole system on this machine, one retraining through it, and then the API until Ctrl-C.
 * @returns the exit code: 0, 1 when the retraining failed, 130 when it was interrupted
 * @throws NamedError with the reason when a part could not be started
 */
export async function start(options: StartOptions, progress: Progress): Promise<number> {
  try {
    return await startAndRetrain(options, progress);
  } catch (cause) {
    throw new NamedError("StartFailed", errorMessage(cause), { cause });
  }
}

async function startAndRetrain(options: StartOptions, progress: Progress): Promise<number> {
  const { backbone } = validateInput(options.input);
  // Before anything is started, which takes a while.
  if (options.data) await findDataFiles(options.data);
  const notebooks = options.kaggle?.service === "local" || options.sagemaker;
  setUp(["python", "tensorflow", ...(notebooks ? ["kaggle"] : [])], "The local stack");
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());

  const stack = await startLocalStack({
    folder: stateFolder(),
    reset: options.reset,
    log: (sentence) => progress.line(sentence),
    onTrainerLine: (line) => showTrainerLine(line, progress),
    kaggle: options.kaggle,
    sagemaker: options.sagemaker,
    onKernelOutput: (text) => showKernelOutput(text, progress),
  });
  const stopped = new Promise<undefined>((resolve) =>
    interrupted.signal.addEventListener("abort", () => resolve(undefined)),
  );
  try {
    checkBackbone(backbone, stack.data.bucket);
    const data = options.input.newData === false ? {} : { data: await loadData(options.data, stack, progress) };
    const report = await Promise.race([
      executeRetraining(stack, { ...options.input, ...data }, progress, interrupted.signal),
      stack.broken.then((sentence) => Promise.reject(new Error(sentence))),
      stopped,
    ]);
    if (!report) return 130;
    console.log(printReport(report));
    if (options.report) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    if (!options.once) {
      console.log("\nThe API and MLflow keep running. Ctrl-C stops everything.");
      await Promise.race([stopped, stack.broken.then((sentence) => Promise.reject(new Error(sentence)))]);
    }
    return isSuccess(report) ? 0 : 1;
  } finally {
    progress.line("Stopping");
    await stack.stop();
  }
}

/** Puts the dataset (default: the generated sample) into the raw bucket and returns its key. */
async function loadData(path: string | undefined, stack: LocalStack, progress: Progress): Promise<string> {
  const showRendering = (done: number, total: number) => progress.now(`Rendering photographs ${bar(done, total)}`);
  const folder = path ?? (await ensureSample(join(localFolder, "sample"), showRendering));
  progress.line(`Loading ${path ?? "the generated sample"} into the raw bucket`);
  return uploadData(folder, stack.raw);
}
