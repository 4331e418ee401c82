import { declare } from "../../terminal/declare.ts";
import { settings, stageOrLocal } from "../../terminal/options.ts";
import { withProgress } from "../../terminal/run.ts";

export const command = declare("retrain")
  .summary("Starts a retraining of a stage and follows it.")
  .description("Starts a retraining of a stage and follows it. Ctrl-C stops following; the execution goes on.")
  .addOption(stageOrLocal())
  .addOption(settings("any field of the execution input, such as --set hyperparameters.epochs=5 --set newData=false."))
  .option("--follow <arn>", "start nothing: follow this execution")
  .action((options) => withProgress(async (progress) => (await import("./command.ts")).retrain(options, progress)));
