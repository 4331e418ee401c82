import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";

let database: ReturnType<typeof loadAwsServiceSpecSync> | undefined;

/**
 * What AWS's own schemas say of a resource type: its attributes, which properties replace it, whether it holds data.
 * Nothing for a custom resource.
 * @throws Error for a type that AWS does not have
 */
export function typeSpec(type: string) {
  if (type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource") return undefined;
  database ??= loadAwsServiceSpecSync();
  const [found] = database.lookup("resource", "cloudFormationType", "equals", type);
  if (!found) throw new Error(`There is no resource type ${type}`);
  return found;
}
