import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type ModelSidecar, modelFiles, modelSidecar } from "../contracts/model.ts";
import { errorMessage, InvalidModelError, NotFoundError } from "../errors.ts";

/** A model as files: the ONNX graph and what is known of it. */
export interface ModelFolder {
  onnx: Uint8Array;
  sidecar: ModelSidecar;
}

/** Reads `model.onnx` and `avocado-model.json` of a folder. @throws NotFoundError, InvalidModelError */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const onnx = await readPart(folder, modelFiles.onnx);
  const sidecar = await readPart(folder, modelFiles.sidecar);
  return { onnx, sidecar: parseSidecar(sidecar, join(folder, modelFiles.sidecar)) };
}

/** Writes a model folder, made where it does not exist. */
export async function writeModelFolder(folder: string, { onnx, sidecar }: ModelFolder): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, modelFiles.onnx), onnx);
  await writeFile(join(folder, modelFiles.sidecar), `${JSON.stringify(sidecar, null, 1)}\n`);
}

/** Reads the bytes of an `avocado-model.json`. `where` names it in the error. @throws InvalidModelError */
export function parseSidecar(bytes: Uint8Array, where: string): ModelSidecar {
  try {
    return modelSidecar.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
    throw new InvalidModelError(`${where} does not describe a model:\n${what}`, { cause: error });
  }
}

async function readPart(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    throw new NotFoundError(`${folder} is not a model folder: ${name} cannot be read (${errorMessage(error)})`, {
      cause: error,
    });
  }
}
