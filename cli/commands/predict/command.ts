import { readFile } from "node:fs/promises";
import { type StorageGroup, storageGroups } from "../../../core/contracts/dataset.ts";
import { errorMessage, InvalidInputError } from "../../../core/errors.ts";
import { decodeImage } from "../../../core/image.ts";
import { readModelFolder } from "../../../core/model/folder.ts";
import { loadOnnxModel, predictDays } from "../../../core/model/onnx-model.ts";
import { bootstrapModel } from "../../../scripts/setup/paths.ts";
import { readArguments, runCommand, usageError } from "../../terminal/command.ts";
import type { Progress } from "../../terminal/progress.ts";

const usage = `npm run predict -- [--model <folder>] --storage <group> photo.jpg ...

  --model <folder>    a model: model.onnx and avocado-model.json (default: the one that comes with the project)
  --storage <group>   how the fruits are stored: T10 (10 C), T20 (20 C) or Tam (ambient)`;

/** `npm run predict`: days left of the fruit on each photograph. */
async function predict(progress: Progress): Promise<void> {
  const string = { type: "string" } as const;
  const { values, positionals } = readArguments(
    { options: { model: string, storage: string }, allowPositionals: true },
    usage,
  );
  if (!values.storage || positionals.length === 0) {
    throw usageError("--storage and at least one photograph are needed.", usage);
  }
  const group = storageGroups.find((known) => known === values.storage);
  if (!group) throw usageError(`--storage ${values.storage} is none of ${storageGroups.join(", ")}.`, usage);
  const model = await loadOnnxModel((await readModelFolder(values.model ?? bootstrapModel)).onnx);
  const images = await Promise.all(positionals.map(readPhotograph));
  const days = await predictDays(model, images, Array<StorageGroup>(images.length).fill(group));
  for (const [i, path] of positionals.entries()) {
    progress.line(`${Math.max(0, days[i] as number).toFixed(2)} days  ${path}`);
  }
}

async function readPhotograph(path: string): Promise<Uint8Array> {
  try {
    return await decodeImage(await readFile(path));
  } catch (cause) {
    throw new InvalidInputError(`${path} cannot be read as a photograph: ${errorMessage(cause)}`, { cause });
  }
}

await runCommand(usage, predict);
