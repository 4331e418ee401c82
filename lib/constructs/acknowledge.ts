import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Accepts one finding of the security rules on one node, for a reason that would convince a reviewer.
 * @param rule the finding, such as `AwsSolutions-S1` or `AwsSolutions-IAM5[Resource::*]`
 */
export function acknowledge(node: IConstruct, rule: string, reason: string): void {
  if (reason.trim().length < 20) throw new Error(`${node.node.path}: ${rule} is acknowledged without a reason`);
  Validations.of(node).acknowledge({ id: rule, reason });
}
