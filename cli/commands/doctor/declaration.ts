import { declare } from "../../terminal/declare.ts";
import { withProgress } from "../../terminal/run.ts";

export const command = declare("doctor")
  .description("Says what is missing, and what to do about it.")
  .option("--stage <stage>", "which stage", "prod")
  .option("--deployed", "try each link of the deployed stage with a real call; without it: what a deployment needs")
  .option(
    "--kaggle",
    "try Kaggle instead, with the credentials of its own tools: token, GPU time, a dataset of three small files, a kernel " +
      "on a CPU; says which of the pipeline's assumptions about it hold",
  )
  .option("--gpu", "with --kaggle: also train an epoch on a GPU, about ten minutes of its time")
  .option("--kaggle-url <url>", "address of another Kaggle's API, such as a local one")
  .option("--json", "print the findings for programs")
  .addHelpText(
    "after",
    `
It changes nothing. With --deployed, small objects below doctor/ in the buckets and a dry run of the state machine come and go,
and MLflow is started if it is scaled to zero. With --kaggle, a private dataset and kernel come and go.
Exit code 1: something is missing.`,
  )
  .action((options, command) => {
    if (options.gpu && !options.kaggle) command.error("error: --gpu: only with --kaggle.");
    return withProgress(async (progress) => (await import("./command.ts")).examine(options, progress));
  });
