import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../../aws/s3-store.ts";
import { type ValidatedInput, validateInput } from "../../../core/contracts/execution.ts";
import type { GroupedMetrics } from "../../../core/contracts/model.ts";
import type { Dataset } from "../../../core/dataset/open.ts";
import { prepareFolder } from "../../../core/dataset/prepare.ts";
import { NamedError } from "../../../core/errors.ts";
import { readModelFolder, writeModelFolder } from "../../../core/model/folder.ts";
import { flattenMetrics } from "../../../core/model/metrics.ts";
import { loadOnnxModel } from "../../../core/model/onnx-model.ts";
import { labelledOfSplit, scoreModel } from "../../../core/model/score.ts";
import { backboneFolder, localFolder } from "../../../scripts/setup/paths.ts";
import type { Reporter } from "../../../training/tfjs/reporter.ts";
import { trainModel } from "../../../training/tfjs/train-model.ts";
import { readArguments, runCommand, usageError } from "../../terminal/command.ts";
import { formatMetrics } from "../../terminal/metrics-table.ts";
import { parseSettings } from "../../terminal/options.ts";
import { bar, duration, type Progress } from "../../terminal/progress.ts";

const usage = `npm run train -- --data <folder or zip> --out <folder> [options]

  --data <path>      a zip, or a folder with data.csv, dataset.json and images/
  --out <folder>     where the model goes: model.onnx, avocado-model.json and plots/
  --set key=value    a hyper-parameter, repeated: --set hyperparameters.epochs=3 --set hyperparameters.learningRate=0.001
                     'mobilenet' also needs --set backbone=<folder, URL or s3:// address>, unless
                     'npm run backbone -- download' has fetched it`;

/** `npm run train`: trains a model on this machine, without AWS and without MLflow. */
async function train(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const set = { type: "string", multiple: true } as const;
  const { values } = readArguments({ options: { data: string, out: string, set } }, usage);
  if (!values.data || !values.out) throw usageError("--data and --out are needed.", usage);
  const settings = parseSettings(values.set ?? []);
  const found = existsSync(join(backboneFolder, "model.json")) ? { backbone: backboneFolder } : {};
  const input = validateInput({ ...found, ...settings });
  const started = performance.now();
  const dataset = await prepare(values.data, progress);
  const out = resolve(values.out);
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort(new NamedError("Interrupted", "Interrupted.")));
  await trainModel({
    dataset,
    hyperparameters: input.hyperparameters,
    name: input.modelName,
    outFolder: out,
    cacheFolder: join(localFolder, "photographs"),
    backbone: input.backbone,
    openBucket: (bucket) => new S3Store(new S3Client(), bucket),
    reporter: createReporter(progress, out),
    signal: stopping.signal,
  });
  const test = await testModel(out, dataset, progress);
  summarise(out, input, test, progress);
  progress.line(`Took ${duration((performance.now() - started) / 1000)}`);
}

async function prepare(path: string, progress: Progress): Promise<Dataset> {
  const { dataset } = await prepareFolder(path, join(localFolder, "prepared"), ({ step, photographs, total }) =>
    progress.now(
      `${step === "fetch" ? "Reading" : "Resizing"}  ${total ? bar(photographs, total) : ""} ${photographs}`,
    ),
  );
  const { version, source, photographs, labelled, rows, dropped, fruits } = dataset.summary;
  progress.now("");
  progress.line(
    `Dataset ${version} (${source.source}): ${rows} rows, ${photographs} photographs, ${labelled} labelled`,
  );
  progress.line(`  fruits: ${fruits.train} train, ${fruits.validation} validation, ${fruits.test} test`);
  for (const [reason, count] of Object.entries(dropped)) progress.line(`  left out, ${reason}: ${count}`);
  return dataset;
}

function createReporter(progress: Progress, out: string): Reporter {
  return {
    onPrepare: (done, total) => progress.now(`Unpacking ${bar(done, total)}`),
    onStart({ cnn, weights, trainPhotographs, validationPhotographs }) {
      const photographs = `${trainPhotographs} photographs, validated on ${validationPhotographs}`;
      progress.line(`Training '${cnn}' (${weights} weights) on ${photographs}`);
    },
    onBatch({ epoch, epochs, done, total, secondsLeft }) {
      progress.now(`  epoch ${epoch}/${epochs}  ${bar(done, total)}  ${duration(secondsLeft)} left`);
    },
    onEpoch({ phase, epoch, epochs, trainLoss, valMae, seconds, secondsLeft }) {
      const losses = `loss ${trainLoss.toFixed(3)}  validation MAE ${valMae.toFixed(3)} days`;
      progress.line(
        `  ${phase} ${epoch}/${epochs}  ${losses}  ${duration(seconds)}, at most ${duration(secondsLeft)} left`,
      );
    },
    async onPlots(plots) {
      await mkdir(join(out, "plots"), { recursive: true });
      for (const [name, svg] of Object.entries(plots)) await writeFile(join(out, "plots", name), svg);
    },
  };
}

/** Errors on the test fruits, by what serves; they are added to the sidecar. */
async function testModel(folder: string, dataset: Dataset, progress: Progress): Promise<GroupedMetrics> {
  const { onnx, sidecar } = await readModelFolder(folder);
  const model = await loadOnnxModel(onnx);
  const test = await scoreModel(model, labelledOfSplit(dataset, "test"), {
    onProgress: (done) => progress.now(`Testing: ${done} photographs`),
  });
  await model.release();
  const metrics = { ...sidecar.metrics, ...flattenMetrics(test, "test_") };
  await writeModelFolder(folder, { onnx, sidecar: { ...sidecar, metrics } });
  return test;
}

function summarise(out: string, { modelName }: ValidatedInput, test: GroupedMetrics, progress: Progress): void {
  progress.now("");
  progress.line(`${modelName} is in ${out}. On the test fruits, which the training has not seen:`);
  progress.line(formatMetrics(test));
}

await runCommand(usage, train);
