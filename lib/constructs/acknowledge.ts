import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Accepts one finding of the security rules on one node, for a reason that would convince a reviewer.
 * @param rule the finding, such as `AwsSolutions-S1` or `AwsSolutions-IAM5[Resource::*]`
 * @throws Error when the reason says nothing
 */
export function acknowledge(node: IConstruct, rule: string, reason: string): void {
  if (reason.trim().length < 20) throw new Error(`${node.node.path}: ${rule} is acknowledged without a reason`);
  Validations.of(node).acknowledge({ id: rule, reason });
}

/** Accepts that policies below the node name this resource, which ends in a wildcard. */
export function acknowledgeWildcard(node: IConstruct, resource: string, reason: string): void {
  acknowledge(node, `AwsSolutions-IAM5[Resource::${flatten(Stack.of(node).resolve(resource))}]`, reason);
}

/** The resource as the rules print it: references in angle brackets. */
function flatten(value: unknown): string {
  if (typeof value === "string") return value;
  const {
    Ref: name,
    "Fn::Join": join,
    "Fn::ImportValue": imported,
  } = value as { Ref?: string; "Fn::Join"?: [string, unknown[]]; "Fn::ImportValue"?: string };
  if (imported) return imported;
  return join ? join[1].map(flatten).join(join[0]) : `<${name}>`;
}
