import { existsSync } from "node:fs";
import { join } from "node:path";
import { venv } from "./paths.ts";

/**
 * Path of a command in a Python environment of the project, such as `mlflow` or `python` in the one of MLflow and MiniStack.
 * @throws Error when the environment has not been set up
 */
export function findPythonBin(name: string, folder = venv): string {
  const path = join(folder, "bin", name);
  if (!existsSync(path)) {
    throw new Error(`${path} is missing. 'npm test' sets up the Python environments: run it.`);
  }
  return path;
}
