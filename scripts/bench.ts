import { benchPreprocess, preprocessUsage } from "./bench/preprocess.ts";
import { runCommand, wrongUsage } from "./local/command.ts";
import type { Progress } from "./local/progress.ts";

const usage = `npm run bench -- preprocess [options]
${preprocessUsage}`;

/** `npm run bench`. */
async function bench(progress: Progress): Promise<void> {
  const [what, ...args] = process.argv.slice(2);
  if (what !== "preprocess") throw wrongUsage(what ? `There is no bench '${what}'.` : "What is to be measured?", usage);
  await benchPreprocess(args, usage, progress);
}

await runCommand(usage, bench);
