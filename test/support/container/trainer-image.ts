import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheFolder, root as checkout } from "../../../scripts/setup/paths.ts";
import { imageOf } from "../images.ts";
import { nodeBase } from "./bases.ts";
import { buildImage, type Image } from "./build-image.ts";

/** Builds the trainer's image from its Dockerfile, with the packages and the libtensorflow of this checkout. */
export function buildTrainerImage(): Promise<Image> {
  const { directory, dockerFile } = imageOf("training/Dockerfile");
  const nothing = () => {};
  const runs = { "apt-get": nothing, "npm ci": nothing, "node scripts/setup/main.ts tensorflow": layOutPackages };
  return buildImage(directory, dockerFile, { base: nodeBase, runs });
}

/** What `npm prune --omit=dev` leaves, libtensorflow where the image has it, and ONNX Runtime for this platform alone. */
function layOutPackages({ root, mounts }: Image): void {
  const lock = JSON.parse(readFileSync(join(checkout, "package-lock.json"), "utf8"));
  const kept = Object.entries(lock.packages as Record<string, { dev?: boolean }>)
    .filter(([path, { dev }]) => !dev && path.lastIndexOf("node_modules/") === 0 && existsSync(join(checkout, path)))
    .map(([path]) => path);
  execFileSync("cp", ["--archive", "--link", "--parents", ...kept, root.inside("/app")], { cwd: checkout });

  const dependencies = root.inside("/app/node_modules/@tensorflow/tfjs-node/deps");
  const library = basename(readlinkSync(dependencies));
  rmSync(dependencies);
  symlinkSync(`/opt/avocado-ripening/${library}`, dependencies);
  mounts["/opt/avocado-ripening"] = cacheFolder;

  const binaries = root.inside("/app/node_modules/onnxruntime-node/bin");
  for (const { parentPath, name } of readdirSync(binaries, { recursive: true, withFileTypes: true }).filter((f) =>
    f.isFile(),
  ))
    if (!parentPath.endsWith(join("linux", process.arch))) rmSync(join(parentPath, name));
}
