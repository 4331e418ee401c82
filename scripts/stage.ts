import { NotFoundError } from "../core/errors.ts";
import { readArguments, runCommand, wrongUsage } from "./local/command.ts";
import type { Progress } from "./local/progress.ts";
import { restore } from "./stage/restore.ts";
import { rotate } from "./stage/rotate.ts";
import { tearDown } from "./stage/teardown.ts";

const usage = `npm run stage -- <what> --stage <stage> [options]

  teardown           deletes the stage: all but what its setting 'keepData' keeps; says before and after what that is

  restore            brings back the copy of MLflow's database that was made before an upgrade
  rotate             gives MLflow's role in the database a new password

  --stage <stage>    a stage in the account and region that the shell is signed in to
  --copy <name>      which copy to bring back, where there are several
  --leave-stopped    do not start MLflow after 'restore': an older one is deployed next
  --yes              do not ask`;

/** `npm run stage`: what a deployed stage needs after its first day. */
async function manageStage(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const options = { stage: string, copy: string, "leave-stopped": flag, yes: flag };
  const { values, positionals } = readArguments({ allowPositionals: true, options }, usage);
  const [what = "", ...rest] = positionals;
  const { stage } = values;
  if (!what || rest.length > 0) throw wrongUsage("Say what to do, in one word.", usage);
  if (!stage) throw wrongUsage("Name the stage: --stage <stage>.", usage);
  if (stage === "local") throw new NotFoundError("Stage 'local' begins afresh with 'npm start -- --reset'.");
  switch (what) {
    case "teardown":
      return tearDown(stage, values.yes, progress);
    case "restore":
      return restore(stage, { ...values, leaveStopped: values["leave-stopped"] }, progress);
    case "rotate":
      return rotate(stage, values.yes, progress);
  }
  throw wrongUsage(`There is no '${what}'.`, usage);
}

await runCommand(usage, manageStage);
