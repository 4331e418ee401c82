import { Option } from "@commander-js/extra-typings";
import { NotFoundError } from "../../../core/errors.ts";
import { declare } from "../../terminal/declare.ts";
import { stage } from "../../terminal/options.ts";
import type { Progress } from "../../terminal/progress.ts";
import { withProgress } from "../../terminal/run.ts";

const yes = () => new Option("--yes", "do not ask");

export const command = declare("stage").description("Operates a deployed stage.");

command
  .command("teardown")
  .description("Deletes the stage, except what its setting 'keepData' keeps; says before and after what that is.")
  .addOption(stage())
  .addOption(yes())
  .action(({ stage, yes = false }) =>
    onStage(stage, async (progress) => (await import("./teardown.ts")).tearDown(stage, yes, progress)),
  );

command
  .command("restore")
  .description("Restores the copy of MLflow's database that was made before an upgrade.")
  .addOption(stage())
  .option("--copy <name>", "which copy, where there are several")
  .option("--leave-stopped", "do not start MLflow afterwards: an older one is deployed next", false)
  .addOption(yes())
  .action(({ stage, yes = false, ...options }) =>
    onStage(stage, async (progress) => (await import("./restore.ts")).restore(stage, { ...options, yes }, progress)),
  );

command
  .command("rotate")
  .description("Changes a secret.")
  .addOption(stage())
  .addOption(
    new Option(
      "--secret <which>",
      "mlflow, the password of MLflow's role in the database; master, the master user of the database; or kaggle, for the " +
        "credentials of KAGGLE_USERNAME with KAGGLE_API_TOKEN or KAGGLE_KEY in the environment, or in ~/.kaggle/kaggle.json",
    )
      .choices(["mlflow", "master", "kaggle"] as const)
      .default("mlflow" as const),
  )
  .addOption(yes())
  .action(({ stage, secret, yes = false }) =>
    onStage(stage, async (progress) => (await import("./command.ts")).rotations[secret](stage, yes, progress)),
  );

command
  .command("export")
  .description("Writes the model registry and the data of a stage into a folder.")
  .addOption(stage())
  .requiredOption("--to <folder>", "where to export to; an export that was interrupted continues there")
  .addOption(yes())
  .action(({ stage, to, yes = false }) =>
    onStage(stage, async (progress) => (await import("./command.ts")).exportTo(stage, { to, yes }, progress)),
  );

command
  .command("import")
  .description(
    "Replaces the model registry of a stage by an exported one, and copies the data. The old registry is kept.",
  )
  .addOption(stage())
  .requiredOption("--from <folder>", "what to import")
  .option("--replace", "import also where the stage has models", false)
  .addOption(yes())
  .action(({ stage, yes = false, ...options }) =>
    onStage(stage, async (progress) => (await import("./command.ts")).importFrom(stage, { ...options, yes }, progress)),
  );

function onStage(stage: string, work: (progress: Progress) => Promise<void>): Promise<void> {
  if (stage === "local") throw new NotFoundError("Stage 'local' begins afresh with 'npm start -- --reset'.");
  return withProgress(work);
}
