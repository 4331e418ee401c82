import { NotFoundError } from "../../../core/errors.ts";
import { readArguments, runCommand, usageError } from "../../terminal/command.ts";
import type { Progress } from "../../terminal/progress.ts";
import { restore } from "./restore.ts";
import { rotate } from "./rotate.ts";
import { rotateKaggle } from "./rotate-kaggle.ts";
import { rotateMaster } from "./rotate-master.ts";
import { tearDown } from "./teardown.ts";
import { connectTransferStage } from "./transfer/connect.ts";
import { exportStage } from "./transfer/export.ts";
import { importStage } from "./transfer/import.ts";

const usage = `npm run stage -- <what> --stage <stage> [options]

  teardown           deletes the stage: all but what its setting 'keepData' keeps; says before and after what that is

  restore            brings back the copy of MLflow's database that was made before an upgrade
  rotate             changes a secret: the password of MLflow's role in the database, unless --secret names another

  export             writes registry and data into a folder
  import             puts an exported registry in the place of the stage's own, which is kept, and copies the data

  --stage <stage>    a stage in the account and region that the shell is signed in to
  --copy <name>      which copy to bring back, where there are several
  --leave-stopped    do not start MLflow after 'restore': an older one is deployed next
  --to <folder>      where to export to; an export that broke off goes on there
  --from <folder>    what to import
  --replace          import also where the stage has models
  --secret <which>   mlflow; master, the master user of the database; or kaggle, for the credentials of KAGGLE_USERNAME with
                     KAGGLE_API_TOKEN or KAGGLE_KEY in the environment, or in ~/.kaggle/kaggle.json
  --yes              do not ask`;

/** `npm run stage`: what a deployed stage needs after its first day. */
async function manageStage(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const options = {
    stage: string,
    copy: string,
    to: string,
    from: string,
    secret: string,
    "leave-stopped": flag,
    replace: flag,
    yes: flag,
  };
  const { values, positionals } = readArguments({ allowPositionals: true, options }, usage);
  const [what = "", ...rest] = positionals;
  const { stage } = values;
  if (!what || rest.length > 0) throw usageError("Say what to do, in one word.", usage);
  if (!stage) throw usageError("Name the stage: --stage <stage>.", usage);
  if (stage === "local") throw new NotFoundError("Stage 'local' begins afresh with 'npm start -- --reset'.");
  switch (what) {
    case "teardown":
      return tearDown(stage, values.yes, progress);
    case "restore":
      return restore(stage, { ...values, leaveStopped: values["leave-stopped"] }, progress);
    case "rotate":
      return chooseRotation(values.secret)(stage, values.yes, progress);
    case "export":
      if (!values.to) throw usageError("Name the folder to export to: --to <folder>.", usage);
      return exportStage(await connectTransferStage(stage), { to: values.to, yes: values.yes }, progress);
    case "import":
      if (!values.from) throw usageError("Name the folder of the export: --from <folder>.", usage);
      return importStage(await connectTransferStage(stage), { ...values, from: values.from }, progress);
  }
  throw usageError(`There is no '${what}'.`, usage);
}

function chooseRotation(secret = "mlflow"): typeof rotate {
  const rotations: Record<string, typeof rotate> = { mlflow: rotate, master: rotateMaster, kaggle: rotateKaggle };
  const found = rotations[secret];
  if (!found) throw usageError(`There is no secret '${secret}'.`, usage);
  return found;
}

await runCommand(usage, manageStage);
