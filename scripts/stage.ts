import { NotFoundError } from "../core/errors.ts";
import { readArguments, runCommand, wrongUsage } from "./local/command.ts";
import type { Progress } from "./local/progress.ts";
import { tearDown } from "./stage/teardown.ts";

const usage = `npm run stage -- <what> --stage <stage> [options]

  teardown           deletes the stage: all but what its setting 'keepData' keeps; says before and after what that is

  --stage <stage>    a stage in the account and region that the shell is signed in to
  --yes              do not ask`;

/** `npm run stage`: what a deployed stage needs after its first day. */
async function manageStage(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const options = { stage: string, yes: { type: "boolean", default: false } } as const;
  const { values, positionals } = readArguments({ allowPositionals: true, options }, usage);
  const [what = "", ...rest] = positionals;
  const { stage } = values;
  if (!what || rest.length > 0) throw wrongUsage("Say what to do, in one word.", usage);
  if (!stage) throw wrongUsage("Name the stage: --stage <stage>.", usage);
  if (stage === "local") throw new NotFoundError("Stage 'local' begins afresh with 'npm start -- --reset'.");
  switch (what) {
    case "teardown":
      return tearDown(stage, values.yes, progress);
  }
  throw wrongUsage(`There is no '${what}'.`, usage);
}

await runCommand(usage, manageStage);
