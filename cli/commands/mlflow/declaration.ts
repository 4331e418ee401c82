import { declare } from "../../terminal/declare.ts";
import { stageOrLocal, wholeNumber } from "../../terminal/options.ts";
import { withProgress } from "../../terminal/run.ts";

export const command = declare("mlflow")
  .summary("Makes the MLflow server of a stage available on this machine.")
  .description(
    "Starts the MLflow server of a stage and makes it available on this machine: requests are signed with your AWS " +
      "credentials and forwarded. Ctrl-C ends it.",
  )
  .addOption(stageOrLocal())
  .option("--port <port>", "where the page is on this machine; 0 takes a free one", wholeNumber(0, 65_535), 5500)
  .option("--no-open", "do not open the page in the browser")
  .addHelpText("after", "\nPython clients find it with MLFLOW_TRACKING_URI=http://127.0.0.1:5500.")
  .action((options) => withProgress(async (progress) => (await import("./command.ts")).openMlflow(options, progress)));
