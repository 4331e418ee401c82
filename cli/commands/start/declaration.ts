import { Option } from "@commander-js/extra-typings";
import { strategies } from "../../../core/contracts/execution.ts";
import { declare } from "../../terminal/declare.ts";
import { settings } from "../../terminal/options.ts";
import { withProgress } from "../../terminal/run.ts";
import { readOptions } from "./options.ts";

export const command = declare("start")
  .description("Runs the whole system on this machine: one retraining, then the API until Ctrl-C.")
  .option("--once", "run one execution and exit; the exit code is not 0 when it failed")
  .option("--data <path>", "a zip, or a folder with data.csv, dataset.json and images/ (default: the generated sample)")
  .addOption(settings("any field of the execution input, such as --set hyperparameters.epochs=5 --set newData=false."))
  .addOption(
    new Option(
      "--strategy <name>",
      "where to train: ecs (default: a trainer on this machine), kaggle or sagemaker (a notebook)",
    ).choices(strategies),
  )
  .addOption(
    new Option(
      "--kaggle <service>",
      "with --strategy kaggle: local (default: notebooks run on this machine) or real (kaggle.com)",
    ).choices(["local", "real"] as const),
  )
  .addOption(
    new Option(
      "--weights <name>",
      "with a notebook: imagenet (default with --kaggle real) or none (default otherwise)",
    ).choices(["imagenet", "none"] as const),
  )
  .option(
    "--tunnel",
    "with --kaggle real: the kernel reports to the local MLflow while it trains (needs NGROK_AUTHTOKEN)",
  )
  .option("--report <file>", "write what is printed at the end as JSON")
  .option("--reset", "begin afresh: forget data, models and runs of earlier starts")
  .addHelpText("after", "\nExit code 130: Ctrl-C stopped it before the retraining ended.")
  .action((values, command) => {
    const options = readOptions(values, (sentence) => command.error(`error: ${sentence}`));
    return withProgress(async (progress) => {
      process.exitCode = await (await import("./command.ts")).start(options, progress);
    });
  });
