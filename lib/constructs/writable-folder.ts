import type { ContainerDefinition, FargateTaskDefinition } from "aws-cdk-lib/aws-ecs";

/**
 * Gives a container whose file system is read-only one folder that it may write to, on the disk of its task. Its image has to declare
 * the folder as VOLUME: the volume then has the owner that the folder has in the image, and else it is root's alone.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
 */
export function addWritableFolder(task: FargateTaskDefinition, container: ContainerDefinition, path: string): void {
  const name = "writable";
  task.addVolume({ name });
  container.addMountPoints({ sourceVolume: name, containerPath: path, readOnly: false });
}
