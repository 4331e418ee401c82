import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pythonBin, root, venv } from "./paths.ts";
import { run, SetupError } from "./run.ts";

const requirements = join(root, "scripts/setup/requirements.txt");
const constraints = join(root, "scripts/setup/constraints.txt");
const stamp = join(venv, ".installed");
const candidates = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/** True when the environment holds exactly what the requirements say. */
export function pythonIsReady(): boolean {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint() && existsSync(pythonBin("python"));
}

/** Makes the empty environment. @throws SetupError when no Python 3.10 or later is found */
export async function makeVenv(): Promise<void> {
  if (existsSync(pythonBin("pip"))) return;
  await rm(venv, { recursive: true, force: true });
  await run(findPython(), ["-m", "venv", venv]);
}

/** Installs the pinned requirements: the real MLflow server, its client, and MiniStack. */
export async function installRequirements(onLine: (line: string) => void): Promise<void> {
  const pip = ["-m", "pip", "install", "--disable-pip-version-check"];
  await run(pythonBin("python"), [...pip, "-r", requirements, "-c", constraints], { onLine });
  await writeFile(stamp, fingerprint());
}

function fingerprint(): string {
  return createHash("sha256").update(readFileSync(requirements)).update(readFileSync(constraints)).digest("hex");
}

function findPython(): string {
  for (const name of candidates) {
    const found = spawnSync(name, ["-c", "import sys; print(sys.version_info >= (3, 10))"], { encoding: "utf8" });
    if (found.stdout?.trim() === "True") return name;
  }
  throw new SetupError(
    "Python 3.10 or later is needed (for MLflow and MiniStack) and was not found on the PATH: install it.",
  );
}
