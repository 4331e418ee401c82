import { GetRoleCommand, type IAMClient } from "@aws-sdk/client-iam";
import { ask, isAbsent } from "../ask.ts";
import type { Finding } from "../finding.ts";

/**
 * Roles that a service creates in an account at its first use. CloudFormation does not wait for them, so the first
 * deployment in a fresh account fails ("Unable to assume the service linked role", coverage-roadmap issue 818).
 */
const roles = [
  { role: "AWSServiceRoleForECS", service: "ecs.amazonaws.com" },
  { role: "AWSServiceRoleForRDS", service: "rds.amazonaws.com" },
];

/** Do the service-linked roles exist that the stacks need? */
export function checkServiceRoles(client: IAMClient): Promise<Finding[]> {
  return Promise.all(
    roles.map(({ role, service }) =>
      ask(`role of ${service.split(".")[0]?.toUpperCase()}`, "iam:GetRole", async () => {
        try {
          await client.send(new GetRoleCommand({ RoleName: role }));
          return { state: "ok", found: role };
        } catch (error) {
          if (!isAbsent(error)) throw error;
          const advice = `aws iam create-service-linked-role --aws-service-name ${service}`;
          return { state: "missing", found: `this account does not have ${role} yet`, advice };
        }
      }),
    ),
  );
}
