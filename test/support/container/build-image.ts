import { basename, join, resolve } from "node:path";
import { Container } from "./container.ts";
import { type Instruction, readDockerfile, readPairs, type Stage, substitute } from "./dockerfile.ts";
import type { RootFolder } from "./root-folder.ts";

/** An image laid out as a folder, and how it runs. */
export interface Image {
  root: RootFolder;
  env: Record<string, string>;
  uid: number;
  workingFolder: string;
  /** Folders that VOLUME declares. */
  volumes: string[];
  /** ENTRYPOINT and CMD. */
  command: string[];
  /** Large folders of the image that are shown to it instead of being copied. */
  mounts: Record<string, string>;
}

/** What stands in for a registry of images and of packages, neither of which a build asks here. */
export interface StandIns {
  /** Makes what an image of this name would bring. */
  base(name: string): Pick<Image, "root" | "env">;
  /** In place of the RUN instructions that begin so: does what they do to the stage, without a registry. */
  runs: Record<string, (stage: Image) => void>;
}

/** Programs for RUN instructions, which the bases bring and an image that runs does not need. */
const tools = { "/usr": "/usr", "/bin": "/bin", "/lib": "/lib", "/lib64": "/lib64" };

/**
 * Builds an image from its Dockerfile and its build context, up to a stage (the last one by default): COPY, ENV, USER, VOLUME, WORKDIR and RUN
 * do what they say, in a folder.
 * @throws Error when an instruction fails, or copies what is not there
 */
export async function buildImage(
  context: string,
  dockerFile: string,
  standIns: StandIns,
  target?: string,
): Promise<Image> {
  const stages = readDockerfile(join(context, dockerFile));
  const last = target ? stages.findIndex(({ name }) => name === target) : stages.length - 1;
  const built = new Map<string, Image>();
  try {
    for (const stage of stages.slice(0, last + 1))
      built.set(stage.name, await buildStage(stage, context, built, standIns));
    return built.get(stages[last]?.name ?? "") as Image;
  } finally {
    for (const [name, { root }] of built) if (name !== stages[last]?.name) root.remove();
  }
}

async function buildStage(
  stage: Stage,
  context: string,
  built: Map<string, Image>,
  standIns: StandIns,
): Promise<Image> {
  const image: Image = {
    ...standIns.base(stage.base),
    uid: 0,
    workingFolder: "/",
    volumes: [],
    command: [],
    mounts: {},
  };
  try {
    for (const instruction of stage.instructions) await perform(instruction, image, context, built, standIns.runs);
  } catch (error) {
    image.root.remove();
    throw error;
  }
  return image;
}

async function perform(
  { keyword, rest }: Instruction,
  image: Image,
  context: string,
  built: Map<string, Image>,
  runs: StandIns["runs"],
): Promise<void> {
  if (keyword === "ENV" || keyword === "ARG") Object.assign(image.env, Object.fromEntries(readPairs(rest)));
  else if (keyword === "WORKDIR") {
    image.workingFolder = resolve(image.workingFolder, rest);
    image.root.makeFolder(image.workingFolder);
  } else if (keyword === "USER") image.uid = Number(rest);
  else if (keyword === "VOLUME") image.volumes.push(...(JSON.parse(rest) as string[]));
  else if (keyword === "CMD" || keyword === "ENTRYPOINT") image.command.push(...(JSON.parse(rest) as string[]));
  else if (keyword === "COPY") copy(substitute(rest, image.env), image, context, built);
  else if (keyword === "RUN") {
    const [, instead] = Object.entries(runs).find(([beginning]) => rest.startsWith(beginning)) ?? [];
    if (instead) instead(image);
    else await run(rest, image);
  } else if (keyword !== "EXPOSE") throw new Error(`The instruction ${keyword} is not known here`);
}

/** Files go into a folder that ends with a slash and else become the target; a folder's content becomes the target's. */
function copy(rest: string, image: Image, context: string, built: Map<string, Image>): void {
  const [, stage, paths = ""] = /^(?:--from=(\S+) )?(.*)$/.exec(rest) ?? [];
  const sources = paths.split(/\s+/);
  const last = sources.pop() ?? "";
  const from = stage === undefined ? undefined : built.get(stage);
  for (const source of sources) {
    const into = last.endsWith("/") ? join(last, basename(source)) : last;
    const target = resolve(image.workingFolder, into);
    const mounted = from?.mounts[source];
    if (mounted) image.mounts[target] = mounted;
    else if (from) image.root.link(from.root.inside(source), target);
    else image.root.copy(join(context, source), target);
  }
}

async function run(script: string, image: Image): Promise<void> {
  const { root, env, workingFolder, mounts } = image;
  const { code, stderr } = await new Container({
    root: root.path,
    env,
    uid: 0,
    gid: 0,
    workingFolder,
    writable: true,
    memoryMegabytes: 4096,
    mounts: { ...tools, ...mounts },
    command: ["/bin/sh", "-c", script],
  }).ended;
  if (code !== 0) throw new Error(`RUN ${script} failed (${code}): ${stderr}`);
}
