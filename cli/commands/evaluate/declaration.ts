import { Option } from "@commander-js/extra-typings";
import { splits } from "../../../core/contracts/dataset.ts";
import { declare } from "../../terminal/declare.ts";
import { withProgress } from "../../terminal/run.ts";

export const command = declare("evaluate")
  .description("Measures the errors of a model over the labelled photos of a folder.")
  .requiredOption("--model <folder>", "a model: model.onnx and avocado-model.json")
  .requiredOption("--data <folder>", "photos with labels: data.csv and images/")
  .option("--fruits <file>", "only the fruits in this file, one Sample a line")
  .addOption(new Option("--split <name>", "only these fruits of the model's source").choices(splits))
  .option("--json <file>", "write the result as JSON: n, mae, rmse, r2, mse, groups, macroMae")
  .option("--report <folder>", "write a page to look at: index.html with diagrams and the worst photos")
  .action((options) => withProgress(async (progress) => (await import("./command.ts")).evaluate(options, progress)));
