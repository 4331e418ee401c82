import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../../aws/s3-store.ts";
import { type ValidatedInput, validateInput } from "../../../core/contracts/execution.ts";
import type { GroupedMetrics } from "../../../core/contracts/model.ts";
import type { Dataset } from "../../../core/dataset/open.ts";
import { prepareFolder } from "../../../core/dataset/prepare.ts";
import { InvalidInputError, NamedError } from "../../../core/errors.ts";
import { readModelFolder, writeModelFolder } from "../../../core/model/folder.ts";
import { flattenMetrics } from "../../../core/model/metrics.ts";
import { loadOnnxModel } from "../../../core/model/onnx-model.ts";
import { labelledOfSplit, scoreModel } from "../../../core/model/score.ts";
import { backboneFolder, localFolder } from "../../../scripts/setup/paths.ts";
import type { Reporter } from "../../../training/tfjs/reporter.ts";
import { trainModel } from "../../../training/tfjs/train-model.ts";
import { formatMetrics } from "../../terminal/metrics-table.ts";
import { bar, duration, type Progress } from "../../terminal/progress.ts";

export interface TrainOptions {
  /** A zip or folder. */
  data: string;
  /** Folder of the model. */
  out: string;
  /** Fields of the execution input. */
  set: Record<string, unknown>;
}

/** Trains a model on this machine and tests it. @throws InvalidInputError, InvalidDatasetError */
export async function train(options: TrainOptions, progress: Progress): Promise<void> {
  const { strategy = "ecs" } = options.set;
  if (strategy !== "ecs") {
    throw new InvalidInputError(
      `This command trains as strategy 'ecs' does, not as '${strategy}'. Leave 'strategy' out.`,
    );
  }
  const found = existsSync(join(backboneFolder, "model.json")) ? { backbone: backboneFolder } : {};
  const input = validateInput({ ...found, ...options.set });
  const started = performance.now();
  const dataset = await prepare(options.data, progress);
  const out = resolve(options.out);
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
