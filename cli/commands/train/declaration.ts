import { setUp } from "../../../scripts/setup/run.ts";
import { declare } from "../../terminal/declare.ts";
import { settings } from "../../terminal/options.ts";
import { withProgress } from "../../terminal/run.ts";

export const command = declare("train")
  .description("Trains a model on this machine, without AWS and without MLflow.")
  .requiredOption("--data <path>", "a zip, or a folder with data.csv, dataset.json and images/")
  .requiredOption("--out <folder>", "where the model goes: model.onnx, avocado-model.json and plots/")
  .addOption(
    settings(
      "a field of the execution input, such as --set hyperparameters.epochs=3. 'mobilenet' also needs " +
        "--set backbone=<folder, URL or s3:// address>, unless 'npm run backbone -- download' has fetched it.",
    ),
  )
  .action((options) =>
    withProgress(async (progress) => {
      // What the command imports needs the native binding.
      setUp(["tensorflow"], "TensorFlow for Node");
      await (await import("./command.ts")).train(options, progress);
    }),
  );
