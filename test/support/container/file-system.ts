import type { Image } from "./build-image.ts";

/** What a template says of the files of a container. */
interface ContainerDefinition {
  ReadonlyRootFilesystem?: boolean;
  MountPoints?: { ContainerPath: string }[];
}

/**
 * What a container of a task may write to.
 * @throws Error for a volume that ECS would give to root, since the image does not declare it
 */
export function fileSystemOf(image: Image, { ReadonlyRootFilesystem = false, MountPoints = [] }: ContainerDefinition) {
  const volumes = MountPoints.map(({ ContainerPath }) => ContainerPath);
  const undeclared = volumes.filter((path) => !image.volumes.includes(path));
  if (undeclared.length > 0) throw new Error(`The Dockerfile declares no VOLUME ${undeclared}: it would be root's`);
  return { writable: !ReadonlyRootFilesystem, volumes };
}
