import { typeSpec } from "../deployed/spec.ts";
import type { DeployedStage } from "../deployed/stage.ts";
import type { StackTemplate } from "../deployed/template.ts";
import { allStrings } from "./strings.ts";

/** What becomes of the resources of each type that holds data: `<when deleted> / <when replaced>`. */
export function retentionOf(stage: DeployedStage): Record<string, string> {
  const stateful = stage.resources().filter(({ type }) => typeSpec(type)?.isStateful);
  const policies = Map.groupBy(stateful, ({ type }) => type);
  return Object.fromEntries(
    [...policies].sort().map(([type, resources]) => {
      const kinds = resources.map(
        ({ deletionPolicy = "none", updateReplacePolicy = "none" }) => `${deletionPolicy} / ${updateReplacePolicy}`,
      );
      return [type, [...new Set(kinds)].sort().join(", ")];
    }),
  );
}

/**
 * Resources that a rolled-back creation leaves behind. The next attempt meets their names, or cannot remove the network that
 * they lie in.
 */
export function findKeptAtRollback(stage: DeployedStage): string[] {
  return stage
    .resources()
    .filter(({ deletionPolicy }) => deletionPolicy === "Retain")
    .map(({ stack, logicalId, type }) => `${stack}/${logicalId} (${type}) stays when its creation is rolled back`);
}

const isKept = (policy: string | undefined) => policy?.startsWith("Retain") ?? false;

/** Types that AWS does not delete while something uses them. */
const heldByUse =
  /^AWS::(EC2::(VPC|Subnet|SecurityGroup)|RDS::(DBSubnetGroup|DBClusterParameterGroup|DBCluster)|KMS::Key)$/;

/** Resources that are deleted although a resource that is kept uses them: their deletion fails, and with it the stack's. */
export function findHeldByKept({ id: stack, template: { Resources } }: StackTemplate): string[] {
  const used = (id: string) =>
    allStrings(Resources[id]?.Properties).flatMap(({ path, value }) =>
      /(^|\.)(Ref|Fn::GetAtt\.0)$/.test(path) && value in Resources ? [value] : [],
    );
  return Object.entries(Resources)
    .filter(([, { DeletionPolicy }]) => isKept(DeletionPolicy))
    .flatMap(([id]) => used(id).map((needed) => [id, needed] as const))
    .filter(([, needed]) => heldByUse.test(Resources[needed]?.Type ?? "") && !isKept(Resources[needed]?.DeletionPolicy))
    .map(([id, needed]) => `${stack}/${needed} is deleted while ${id}, which is kept, uses it`);
}
