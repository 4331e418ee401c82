import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Packages with machine code: never bundled, but placed next to the bundle for the Lambda platform. */
export const nativePackages = ["sharp", "onnxruntime-node"] as const;
export type NativePackage = (typeof nativePackages)[number];
export type Architecture = "x64" | "arm64";

const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Folder of a layer (`nodejs/node_modules/...`) with one native package for Lambda's Linux, in the version of
 * `package-lock.json`. Built from the npm registry the first time, then kept.
 */
export function buildLayer(name: NativePackage, architecture: Architecture): string {
  const version = lockedVersion(name);
  const folder = join(root, "layers/.build", `${name}@${version}`, architecture);
  if (existsSync(folder)) return folder;
  const work = mkdtempSync(join(tmpdir(), "avocado-layer-"));
  try {
    const nodejs = join(work, "nodejs");
    install(nodejs, name, version, architecture);
    if (name === "onnxruntime-node") pruneOnnxRuntime(nodejs, architecture);
    publish(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

function lockedVersion(name: NativePackage): string {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const version: unknown = lock.packages[`node_modules/${name}`]?.version;
  if (typeof version !== "string") throw new Error(`package-lock.json does not name ${name}`);
  return version;
}

function install(folder: string, name: NativePackage, version: string, architecture: Architecture): void {
  const platform = ["--os=linux", "--libc=glibc", `--cpu=${architecture}`];
  const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  // Install scripts stay off: ONNX Runtime's would look for CUDA, and both packages ship their binaries.
  const args = ["install", "--prefix", folder, ...quiet, ...platform, "--ignore-scripts", `${name}@${version}`];
  execFileSync("npm", args, { cwd: tmpdir(), stdio: ["ignore", "ignore", "inherit"] });
}

/** ONNX Runtime ships all platforms (288 MB), and what only its install script needs; Lambda rejects more than 250 MB. */
function pruneOnnxRuntime(nodejs: string, architecture: Architecture): void {
  const modules = join(nodejs, "node_modules");
  for (const name of readdirSync(modules)) {
    if (!name.startsWith("onnxruntime-")) rmSync(join(modules, name), { recursive: true });
  }
  const binaries = join(modules, "onnxruntime-node/bin");
  const wanted = join("linux", architecture);
  const libraries = readdirSync(binaries, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const kept = libraries.filter(({ parentPath }) => parentPath.endsWith(wanted));
  if (kept.length === 0) throw new Error(`This onnxruntime-node has no binaries for ${wanted}`);
  for (const { parentPath, name } of libraries) {
    if (!parentPath.endsWith(wanted)) rmSync(join(parentPath, name));
  }
}

/** Puts the finished layer in its place at once: a build that is cut off leaves nothing that looks finished. */
function publish(work: string, folder: string): void {
  const temporary = `${folder}.${process.pid}`;
  cpSync(work, temporary, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { arch: { type: "string", default: "x64" } } });
  if (values.arch !== "x64" && values.arch !== "arm64") throw new Error("--arch is x64 or arm64");
  for (const name of nativePackages) console.log(buildLayer(name, values.arch));
}
