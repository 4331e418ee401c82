import { runCommand, usageError } from "../cli/terminal/command.ts";
import type { Progress } from "../cli/terminal/progress.ts";
import { benchPreprocess, preprocessUsage } from "./bench/preprocess.ts";
import { benchServing, servingUsage } from "./bench/serving.ts";

const usage = `npm run bench -- preprocess [options]
${preprocessUsage}

npm run bench -- serving [options]
${servingUsage}`;

const benches = new Map([
  ["preprocess", benchPreprocess],
  ["serving", benchServing],
]);

/** `npm run bench`. */
async function bench(progress: Progress): Promise<void> {
  const [what, ...args] = process.argv.slice(2);
  const found = benches.get(what ?? "");
  if (!found) throw usageError(what ? `There is no bench '${what}'.` : "What is to be measured?", usage);
  await found(args, usage, progress);
}

await runCommand(usage, bench);
