import { execFileSync } from "node:child_process";
import { chownSync, realpathSync } from "node:fs";
import { findPythonBin } from "../../../scripts/setup/find-python.ts";
import { venv } from "../../../scripts/setup/paths.ts";
import { imageOf } from "../images.ts";
import { buildImage, type Image } from "./build-image.ts";
import { RootFolder } from "./root-folder.ts";

/**
 * Builds MLflow's image from its Dockerfile, with the Python environment of this checkout: the same requirements and constraints. Its
 * system libraries are this machine's.
 */
export function buildMlflowImage(): Promise<Image> {
  const { directory, dockerFile } = imageOf("mlflow-task/Dockerfile");
  const folder = realpathSync(venv);
  const prefix = execFileSync(findPythonBin("python"), ["-c", "import sys; print(sys.base_prefix)"], {
    encoding: "utf8",
  });
  const system = ["/usr", "/bin", "/lib", "/lib64", "/etc/ssl", folder, realpathSync(prefix.trim())];
  const base = () => {
    const root = new RootFolder([{ name: "mlflow", uid: 10001, gid: 10001, home: "/home/mlflow" }]);
    return { root, env: { PATH: `${folder}/bin:/usr/local/bin:/usr/bin:/bin` } };
  };
  const install = ({ root, mounts }: Image) => {
    for (const path of system) mounts[path] = path;
    root.makeFolder("/home/mlflow");
    chownSync(root.inside("/home/mlflow"), 10001, 10001);
  };
  return buildImage(directory, dockerFile, { base, runs: { "pip install": install } });
}
