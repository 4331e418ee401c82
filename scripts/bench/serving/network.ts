import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { modelFiles } from "../../../core/contracts/model.ts";
import { localFolder, peersVenv, root } from "../../setup/paths.ts";
import { run } from "../../setup/run.ts";
import type { NetworkName } from "./names.ts";

/**
 * Folder of a network with random weights as Keras and as ONNX, made the first time and kept.
 * @throws SetupError when making it fails
 */
export async function makeNetwork(name: NetworkName, onLine: (line: string) => void): Promise<string> {
  const script = join(root, "test/bench/peers/make_network.py");
  const hash = createHash("sha256")
    .update(await readFile(script))
    .digest("hex");
  const folder = join(localFolder, "bench", `${name}-${hash.slice(0, 12)}`);
  // Written last: its presence says that the rest is whole.
  if (existsSync(join(folder, modelFiles.sidecar))) return folder;
  await run(join(peersVenv, "bin/python"), [script, name, folder], { onLine });
  return folder;
}
