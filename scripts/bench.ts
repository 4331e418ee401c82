import { existsSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { declare } from "../cli/terminal/declare.ts";
import { positive, wholeNumber } from "../cli/terminal/options.ts";
import { run, withProgress } from "../cli/terminal/run.ts";
import { networkNames, targetNames } from "./bench/serving/names.ts";

const bench = declare("bench").description("Measures preprocessing and serving.");

bench
  .command("preprocess")
  .description("Photos per second of preprocessing next to sharp alone, and how time and memory grow with the data.")
  .option("--json <file>", "write the figures as JSON")
  .option("--plot <file>", "write the growth as SVG")
  .option("--data <folder>", "photos to use, from its images/ (default: rendered ones, 800 x 800)")
  .option("--sizes <list>", "datasets to measure, from 500 photos", readSizes, [1000, 3000, 7500, 15_000])
  .action((options) =>
    withProgress(async (progress) => (await import("./bench/preprocess.ts")).benchPreprocess(options, progress)),
  );

bench
  .command("serving")
  .description("The API next to a FastAPI and Keras service, MLflow's server, and sharp with ONNX Runtime alone.")
  .option("--json <file>", "write the figures as JSON")
  .option("--plot <file>", "write those of the first network as SVG")
  .option("--data <folder>", "photos to use, from its images/ (default: rendered ones, 800 x 800)")
  .option("--networks <list>", "with random weights", namesOf(networkNames), [...networkNames])
  .option("--model <folder>", "a model of your own instead")
  .option("--targets <list>", "what the API is compared with", namesOf(targetNames), [
    "node" as const,
    "keras" as const,
    "mlflow" as const,
    "lower-bound" as const,
  ])
  .option("--rounds <n>", "in each of which all are started and measured in turns", wholeNumber(1), 3)
  .option("--seconds <n>", "of each measurement in a round", positive, 4)
  .action((options, command) => {
    if (options.model && options.targets.includes("keras") && !existsSync(join(options.model, "model.keras"))) {
      const advice = "leave out Keras with --targets node,mlflow,lower-bound.";
      command.error(`error: ${options.model} has no model.keras: ${advice}`);
    }
    return withProgress(async (progress) => (await import("./bench/serving.ts")).benchServing(options, progress));
  });

await run(bench, process.argv.slice(2));

function readSizes(text: string): number[] {
  const sizes = text.split(",").map(Number);
  if (sizes.every((size) => Number.isInteger(size) && size >= 500)) return sizes;
  throw new InvalidArgumentError("Write whole numbers from 500, with commas between them.");
}

/** Reads a list of known names, each once. */
function namesOf<T extends string>(known: readonly T[]) {
  return (text: string): T[] =>
    [...new Set(text.split(","))].filter(Boolean).map((given) => {
      const found = known.find((name) => name === given);
      if (!found) throw new InvalidArgumentError(`There is no '${given}', only ${known.join(", ")}.`);
      return found;
    });
}
