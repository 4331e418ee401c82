import { existsSync } from "node:fs";
import { pythonBin } from "../setup/paths.ts";

/**
 * Path of a command in the project's Python environment, such as `mlflow` or `python`.
 * @throws Error when the environment has not been set up
 */
export function findPythonBin(name: string): string {
  const path = pythonBin(name);
  if (!existsSync(path)) {
    throw new Error(`${path} is missing. 'npm start' and 'npm test' set up the Python environment: run one of them.`);
  }
  return path;
}
