import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkovVenv, fuzzVenv, kaggleVenv, peersVenv, root, venv } from "./paths.ts";
import { run, SetupError } from "./run.ts";

const candidates = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/** A Python environment of this project and what belongs in it. */
export interface PythonEnvironment {
  folder: string;
  /** Has `requirements.txt` and `constraints.txt`. */
  pins: string;
}

/** The real MLflow server, its client, and MiniStack. */
export const servers: PythonEnvironment = { folder: venv, pins: join(root, "scripts/setup") };
/** What Kaggle has to run notebooks with. */
export const notebooks: PythonEnvironment = { folder: kaggleVenv, pins: join(root, "training/kaggle") };
/** What asks the API at random. */
export const fuzzer: PythonEnvironment = { folder: fuzzVenv, pins: join(root, "test/fuzz") };
/** What looks for insecure settings in templates. */
export const scanner: PythonEnvironment = { folder: checkovVenv, pins: join(root, "scripts/setup/checkov") };
/** FastAPI, Keras and Pillow, to measure the API against. */
export const peers: PythonEnvironment = { folder: peersVenv, pins: join(root, "test/bench/peers") };

/** True when the environment holds exactly what its requirements say. */
export function pythonIsReady({ folder, pins }: PythonEnvironment): boolean {
  const stamp = stampOf(folder);
  return (
    existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint(pins) && existsSync(join(folder, "bin/python"))
  );
}

/** Makes the empty environment. @throws SetupError when no Python 3.10 or later is found */
export async function makeVenv({ folder }: PythonEnvironment): Promise<void> {
  if (existsSync(join(folder, "bin/pip"))) return;
  await rm(folder, { recursive: true, force: true });
  await run(findPython(), ["-m", "venv", folder]);
}

/** Installs the pinned requirements. */
export async function installRequirements(
  { folder, pins }: PythonEnvironment,
  onLine: (line: string) => void,
): Promise<void> {
  const pip = ["-m", "pip", "install", "--disable-pip-version-check"];
  const files = ["-r", join(pins, "requirements.txt"), "-c", join(pins, "constraints.txt")];
  await run(join(folder, "bin/python"), [...pip, ...files], { onLine });
  await writeFile(stampOf(folder), fingerprint(pins));
}

const stampOf = (folder: string) => join(folder, ".installed");

function fingerprint(pins: string): string {
  const contents = ["requirements.txt", "constraints.txt"].map((name) => readFileSync(join(pins, name)));
  return createHash("sha256").update(Buffer.concat(contents)).digest("hex");
}

function findPython(): string {
  for (const name of candidates) {
    const found = spawnSync(name, ["-c", "import sys; print(sys.version_info >= (3, 10))"], { encoding: "utf8" });
    if (found.stdout?.trim() === "True") return name;
  }
  throw new SetupError("Python 3.10 or later is needed and was not found on the PATH: install it.");
}
