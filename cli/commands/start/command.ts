import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { validateInput } from "../../../core/contracts/execution.ts";
import { errorMessage } from "../../../core/errors.ts";
import { setUpNotebooks } from "../../../local/kaggle/start.ts";
import { ensureSample } from "../../../local/sample.ts";
import { type LocalStack, startLocalStack } from "../../../local/stack.ts";
import { stateFolder } from "../../../local/state.ts";
import { localFolder } from "../../../scripts/setup/paths.ts";
import { executeRetraining } from "../../executions/execute.ts";
import { isSuccess, printReport } from "../../executions/report.ts";
import { showKernelOutput, showTrainerLine } from "../../executions/trainer-lines.ts";
import { parseStartOptions, type StartOptions, startUsage } from "../../terminal/options.ts";
import { Progress } from "../../terminal/progress.ts";
import { findDataFiles, uploadData } from "../../upload.ts";

/** `npm start`: the whole system on this machine, one retraining through it, and then the API until Ctrl-C. */
async function main(options: StartOptions): Promise<number> {
  validateInput(options.input);
  // Before anything is started, which takes a while.
  if (options.data) await findDataFiles(options.data);
  if (options.kaggle?.service === "local" || options.sagemaker) setUpNotebooks();
  const progress = new Progress();
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
  const folder = path ?? (await ensureSample(join(localFolder, "sample"), (text) => progress.now(text)));
  progress.line(`Loading ${path ?? "the generated sample"} into the raw bucket`);
  return uploadData(folder, stack.raw);
}

try {
  const options = parseStartOptions(process.argv.slice(2));
  if (options === "help") console.log(startUsage);
  else process.exitCode = await main(options);
} catch (error) {
  console.error(`\n${errorMessage(error)}`);
  process.exitCode = 1;
}
