import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cacheFolder, pythonBin, root } from "./paths.ts";
import { compilerAdvice, run, SetupError } from "./run.ts";

/*
 * @tensorflow/tfjs-node downloads libtensorflow from an address that no longer answers (tensorflow/tfjs issue 8742). The
 * same library is inside TensorFlow's Python wheel, so it is taken from there and the binding is compiled against it.
 */
const version = "2.15.1";
const wheels: Record<string, { name: string; platform: string }> = {
  x64: { name: "tensorflow-cpu", platform: "manylinux_2_17_x86_64" },
  arm64: { name: "tensorflow-cpu-aws", platform: "manylinux_2_17_aarch64" },
};
const wantedMembers = String.raw`^tensorflow/(libtensorflow_(cc|framework)\.so\.2$|include/(tensorflow/(c|core/platform|tsl)|tsl|xla/tsl)/)`;
const extract = `
import re, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if re.match(r'${wantedMembers}', n)])
`;

const packageFolder = join(root, "node_modules/@tensorflow/tfjs-node");
const binding = join(packageFolder, "lib/napi-v8/tfjs_binding.node");
const library = join(cacheFolder, `libtensorflow-${version}-${process.platform}-${process.arch}`);

/** True when the native binding is built. */
export const tensorflowIsReady = (): boolean => existsSync(binding) && existsSync(join(library, "lib"));

/** Fetches libtensorflow into the shared cache. @throws SetupError on a platform that has no wheel */
export async function fetchLibtensorflow(onLine: (line: string) => void): Promise<void> {
  if (existsSync(join(library, "lib"))) return;
  const wheel = wheels[process.arch];
  if (process.platform !== "linux" || !wheel) {
    throw new SetupError(
      `The trainer runs on Linux (x64, arm64), not on ${process.platform} ${process.arch}: use a container.`,
    );
  }
  await mkdir(cacheFolder, { recursive: true });
  const work = await mkdtemp(join(cacheFolder, "download-"));
  try {
    const target = ["--only-binary", ":all:", "--python-version", "3.10", "--implementation", "cp", "--abi", "cp310"];
    const download = ["-m", "pip", "download", "--no-deps", ...target, "--platform", wheel.platform, "--dest", work];
    await run(pythonBin("python"), [...download, `${wheel.name}==${version}`], { onLine });
    const file = (await readdir(work)).find((name) => name.endsWith(".whl"));
    if (!file) throw new SetupError(`pip downloaded no wheel of ${wheel.name} ${version}`);
    await run(pythonBin("python"), ["-c", extract, join(work, file), work]);
    await layOut(work);
    await rm(library, { recursive: true, force: true });
    await rename(join(work, "libtensorflow"), library);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** As the package's `deps` folder is expected to look. */
async function layOut(work: string): Promise<void> {
  const lib = join(work, "libtensorflow/lib");
  await mkdir(lib, { recursive: true });
  await rename(join(work, "tensorflow/include"), join(work, "libtensorflow/include"));
  for (const name of ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]) {
    await rename(join(work, "tensorflow", name), join(lib, name));
  }
  await symlink("libtensorflow_cc.so.2", join(lib, "libtensorflow.so"));
  await symlink("libtensorflow_framework.so.2", join(lib, "libtensorflow_framework.so"));
}

/** Compiles the package's N-API binding against the library. @throws SetupError when there is no compiler */
export async function buildBinding(onLine: (line: string) => void): Promise<void> {
  if (existsSync(binding)) return;
  for (const tool of ["make", "c++"]) {
    if (spawnSync(tool, ["--version"]).error) throw new SetupError(`'${tool}' was not found. ${compilerAdvice()}`);
  }
  await rm(join(packageFolder, "deps"), { recursive: true, force: true });
  await symlink(library, join(packageFolder, "deps"));
  const nodeGyp = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
  const settings = {
    module_name: "tfjs_binding",
    module_path: dirname(binding),
    napi_build_version: "8",
    napi_version: "9",
    node_napi_label: "napi-v8",
    nodedir: nodeHeaders(),
  };
  const flags = Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
  await run(process.execPath, [nodeGyp, "rebuild", ...flags], {
    cwd: packageFolder,
    env: { PYTHON: pythonBin("python"), npm_config_nodedir: undefined },
    onLine,
  });
}

/** The prefix that holds `include/node`: npm's Node package brings it along. */
function nodeHeaders(): string {
  const bundled = join(root, "node_modules", `node-${process.platform}-${process.arch}`);
  return existsSync(join(bundled, "include/node")) ? bundled : dirname(dirname(process.execPath));
}
