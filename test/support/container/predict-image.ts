import { join } from "node:path";
import { buildLayer, nativePackages } from "../../../layers/build.ts";
import { root as checkout } from "../../../scripts/setup/paths.ts";
import { imageOf } from "../images.ts";
import { lambdaBase } from "./bases.ts";
import { buildImage, type Image } from "./build-image.ts";

/** Builds the image of the predict Lambda from its Dockerfile, with the packages of this checkout. */
export function buildPredictImage(): Promise<Image> {
  const { directory, dockerFile, dockerBuildTarget } = imageOf("lambdas/predict/Dockerfile");
  const architecture = process.arch === "arm64" ? "arm64" : "x64";
  const runs = {
    // The packages are installed already; a layer that was built before is not built again.
    "npm ci": ({ root, mounts }: Image) => {
      mounts["/build/node_modules"] = join(checkout, "node_modules");
      for (const name of nativePackages) {
        const layer = buildLayer(name, architecture);
        root.link(layer, join("/build", layer.slice(checkout.length)));
      }
    },
  };
  return buildImage(directory, dockerFile, { base: lambdaBase, runs }, dockerBuildTarget);
}
