import { Option } from "@commander-js/extra-typings";
import { storageGroups } from "../../../core/contracts/dataset.ts";
import { declare } from "../../terminal/declare.ts";
import { withProgress } from "../../terminal/run.ts";

export const command = declare("predict")
  .description("Predicts the days left of the avocado on each photo.")
  .argument("<photos...>", "image files")
  .addOption(
    new Option("--storage <group>", "how the avocados are stored: T10 (10 °C), T20 (20 °C) or Tam (ambient)")
      .choices(storageGroups)
      .makeOptionMandatory(),
  )
  .option(
    "--model <folder>",
    "a model: model.onnx and avocado-model.json (default: the one that ships with the project)",
  )
  .option("--json", "print the answer for programs: [{ photo, days }, ...]")
  .action((photos, options) =>
    withProgress(async (progress) => (await import("./command.ts")).predict(photos, options, progress)),
  );
