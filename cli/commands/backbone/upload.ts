import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { backbonePrefix } from "../../../core/contracts/execution.ts";
import { InvalidInputError } from "../../../core/errors.ts";
import type { ObjectStore } from "../../../core/storage.ts";

/**
 * Puts a folder with a TensorFlow.js layers model below `backbones/` in the data bucket; `model.json` last, so that what can
 * be found is whole.
 * @returns the prefix, without a slash at its end
 * @throws InvalidInputError when the folder has no `model.json`
 */
export async function uploadBackbone(folder: string, data: ObjectStore): Promise<string> {
  const source = resolve(folder);
  const entries = await readdir(source, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  if (!files.includes("model.json")) {
    throw new InvalidInputError(
      `'${folder}' has no model.json. Fetch the backbone with 'npm run backbone -- download', or name its folder with --from.`,
    );
  }
  const prefix = `${backbonePrefix}${basename(source)}`;
  for (const name of [...files.filter((file) => file !== "model.json"), "model.json"]) {
    await data.write(`${prefix}/${name}`, await readFile(join(source, name)));
  }
  return prefix;
}
