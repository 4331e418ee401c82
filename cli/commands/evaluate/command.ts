import { readFile, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { pMapIterable } from "p-map";
import type { Split } from "../../../core/contracts/dataset.ts";
import type { ModelSidecar } from "../../../core/contracts/model.ts";
import { type PhotographFile, readLabelledFolder } from "../../../core/dataset/labelled-folder.ts";
import { splitOfFruit } from "../../../core/dataset/split.ts";
import { errorMessage, InvalidDatasetError, InvalidInputError } from "../../../core/errors.ts";
import { decodeImage, ImageError } from "../../../core/image.ts";
import { readModelFolder } from "../../../core/model/folder.ts";
import { groupedMetrics, medianBaselineMae } from "../../../core/model/metrics.ts";
import { loadOnnxModel } from "../../../core/model/onnx-model.ts";
import { predictAll } from "../../../core/model/score.ts";
import { formatMetrics } from "../../terminal/metrics-table.ts";
import { bar, type Progress } from "../../terminal/progress.ts";
import { type EvaluatedPhotograph, writeReport } from "./report/write-report.ts";

export interface EvaluateOptions {
  /** Folder of the model. */
  model: string;
  /** Folder of the dataset. */
  data: string;
  /** File with a Sample on each line. */
  fruits?: string | undefined;
  split?: Split | undefined;
  /** File for the result. */
  json?: string | undefined;
  /** Folder for the page. */
  report?: string | undefined;
}

/** Measures the errors of a model over the labelled photos of a folder. @throws InvalidInputError, InvalidDatasetError */
export async function evaluate(options: EvaluateOptions, progress: Progress): Promise<void> {
  const { model: modelFolder, data, fruits, split, json, report } = options;
  const { onnx, sidecar } = await readModelFolder(modelFolder);
  const model = await loadOnnxModel(onnx);
  const { photographs, leftOut, samples } = await readLabelledFolder(data);
  const listed = fruits ? chooseFruits(photographs, samples, await readLines(fruits), progress) : photographs;
  const chosen =
    split === undefined ? listed : listed.filter(({ sample }) => splitOfFruit(sidecar.source, sample) === split);
  if (chosen.length === 0) throw new InvalidDatasetError(`${data} has no labelled photograph to evaluate on`);

  const unreadable = new Map<string, number>();
  const onProgress = (done: number) => progress.now(`${bar(done, chosen.length)}  ${done} of ${chosen.length}`);
  const evaluated = await predictAll(model, decodeAll(chosen, unreadable), { onProgress });
  const scored = groupedMetrics(evaluated);
  progress.now("");
  const counts = { ...leftOut, ...Object.fromEntries(unreadable) };
  progress.line(`${sidecar.name} (${sidecar.network}) on ${scored.n} photographs of ${data}`);
  for (const [reason, count] of Object.entries(counts)) progress.line(`  left out, ${reason}: ${count}`);
  progress.line(formatMetrics(scored));
  const baseline = `${medianBaselineMae(evaluated).toFixed(2)} days`;
  progress.line(`  Without looking, by the median of each storage group: ${baseline}`);
  const warning = warnOfSeenFruits(sidecar, chosen);
  if (warning) progress.line(`Note: ${warning}`);
  if (json) await writeFile(json, `${JSON.stringify(scored, null, 1)}\n`);
  if (!report) return;
  const facts = { ...describeEvaluation(sidecar, data, chosen), "error without looking": baseline };
  const title = `${sidecar.name}: ${scored.mae.toFixed(2)} days off on average`;
  const page = await writeReport(report, evaluated, { title, facts, metrics: scored, leftOut: counts, warning });
  progress.line(`The report is ${page}`);
}

function warnOfSeenFruits(sidecar: ModelSidecar, chosen: readonly PhotographFile[]): string | undefined {
  const training = new Set(sidecar.trainingFruits);
  const seen = chosen.filter(({ sample }) => training.has(sample)).length;
  if (seen === 0) return undefined;
  return (
    `${seen} of these photographs show fruits named as this model's training fruits; if the dataset is ` +
    `'${sidecar.source}', on which it was trained, the errors are lower than on new fruits.`
  );
}

function describeEvaluation(sidecar: ModelSidecar, data: string, chosen: readonly PhotographFile[]) {
  return {
    network: sidecar.network,
    ...(sidecar.version && { version: sidecar.version }),
    "trained on": `${sidecar.source}, ${sidecar.trainingFruits.length} fruits`,
    trained: sidecar.createdAt.slice(0, 10),
    "evaluated on": `${basename(resolve(data))}, ${new Set(chosen.map(({ sample }) => sample)).size} fruits`,
    evaluated: new Date().toISOString().slice(0, 10),
    ...(sidecar.attribution && { "made from": sidecar.attribution }),
  };
}

async function readLines(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new InvalidInputError(`--fruits ${file} cannot be read: ${errorMessage(cause)}`, { cause });
  });
  return text
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function chooseFruits(
  photographs: readonly PhotographFile[],
  samples: ReadonlySet<string>,
  fruits: readonly string[],
  progress: Progress,
): PhotographFile[] {
  const unknown = fruits.filter((fruit) => !samples.has(fruit));
  if (unknown.length === fruits.length) {
    throw new InvalidInputError("None of the fruits listed with --fruits is a Sample of data.csv");
  }
  if (unknown.length > 0) progress.line(`Not in data.csv: ${unknown.length} of the listed fruits (${unknown[0]}, ...)`);
  const wanted = new Set(fruits);
  return photographs.filter(({ sample }) => wanted.has(sample));
}

/** Decodes some photographs ahead of the model; those that cannot be decoded are counted by reason. */
async function* decodeAll(
  photographs: readonly PhotographFile[],
  unreadable: Map<string, number>,
): AsyncGenerator<Omit<EvaluatedPhotograph, "predicted"> & { image: Uint8Array }> {
  const decode = async ({ path, storageGroup: group, ...known }: PhotographFile) => {
    try {
      return { image: await decodeImage(await readFile(path)), path, group, ...known };
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      unreadable.set(error.reason, (unreadable.get(error.reason) ?? 0) + 1);
      return undefined;
    }
  };
  for await (const decoded of pMapIterable(photographs, decode, { concurrency: 4, backpressure: 64 })) {
    if (decoded) yield decoded;
  }
}
