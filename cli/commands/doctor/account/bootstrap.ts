import { GetParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { ask, isAbsent } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** Has the account been prepared for `cdk deploy`, recently enough? */
export function checkBootstrap(client: SSMClient, account: string, region: string): Promise<Finding> {
  const advice = `npx cdk bootstrap aws://${account}/${region}`;
  return ask("CDK bootstrap", "ssm:GetParameter", async () => {
    try {
      const { Parameter } = await client.send(new GetParameterCommand({ Name: "/cdk-bootstrap/hnb659fds/version" }));
      const version = Number(Parameter?.Value);
      // From this version on images and assets are published with roles.
      if (version >= 6) return { state: "ok", found: `version ${version}` };
      return { state: "missing", found: `version ${version}, 6 is needed`, advice };
    } catch (error) {
      if (!isAbsent(error)) throw error;
      return { state: "missing", found: "not done in this region", advice };
    }
  });
}
