import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Stage } from "aws-cdk-lib";
import { synthesiseGpuStage } from "./stages.ts";

export interface ImageSource {
  /** The build context. */
  directory: string;
  dockerFile: string;
  dockerBuildTarget?: string;
}

/** What each image of a stage with every image is built from, as it will be handed to Docker. */
export function images(): ImageSource[] {
  const { stacks } = synthesiseGpuStage({ assets: true });
  return stacks.flatMap((stack) => {
    const folder = Stage.of(stack)?.outdir ?? "";
    const { dockerImages = {} } = JSON.parse(readFileSync(join(folder, `${stack.artifactId}.assets.json`), "utf8"));
    return Object.values(dockerImages as Record<string, { source: ImageSource }>).map(({ source }) => ({
      ...source,
      directory: join(folder, source.directory),
    }));
  });
}

/** The image that this Dockerfile makes. */
export function imageOf(dockerFile: string): ImageSource {
  const found = images().find((image) => image.dockerFile === dockerFile);
  if (!found) throw new Error(`No image is made from ${dockerFile}`);
  return found;
}
