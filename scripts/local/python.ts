import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bin = new URL("../../.local/venv/bin/", import.meta.url);

/**
 * Path of a command in the project's Python environment, such as `mlflow` or `python`.
 * @throws Error when the environment has not been set up
 */
export function pythonBin(name: string): string {
  const path = fileURLToPath(new URL(name, bin));
  if (!existsSync(path)) {
    throw new Error(`${path} is missing. 'npm start' and 'npm test' set up the Python environment: run one of them.`);
  }
  return path;
}
