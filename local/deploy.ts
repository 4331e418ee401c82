import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { type LocalOutputs, localOutputs, readOutputs } from "../aws/stage-outputs.ts";
import { root } from "../scripts/setup/paths.ts";
import { run } from "../scripts/setup/run.ts";
import { localAws } from "./ministack.ts";

/**
 * `cdk bootstrap` where it has not been done, then `cdk deploy` of stage `local`, the same app as in an account. `output`: folder of the
 * templates. The CDK locks it, so that two stacks that start at once need one each.
 */
export async function deployLocal(
  endpoint: string,
  mlflowUrl: string,
  { logFile, output }: { logFile: string; output: string },
  { kaggle, sagemaker }: { kaggle?: object | undefined; sagemaker?: object | undefined } = {},
): Promise<LocalOutputs> {
  const bin = join(root, "node_modules/.bin");
  const env = {
    ...localAws(endpoint),
    AVOCADO_LOCAL_ENDPOINT: endpoint,
    AVOCADO_MLFLOW_URL: mlflowUrl,
    ...(kaggle && { AVOCADO_KAGGLE: JSON.stringify(kaggle) }),
    ...(sagemaker && { AVOCADO_SAGEMAKER: JSON.stringify(sagemaker) }),
    CI: "true",
    // The templates are checked by the tests; here the check would only cost seconds.
    CDK_VALIDATION: "false",
    PATH: `${bin}:${process.env.PATH}`,
  };
  const cdk = (args: string[]) =>
    run(join(bin, "cdk"), [...args, "-c", "stage=local", "--output", output, "--no-notices"], {
      cwd: root,
      env,
      logFile,
    });
  const client = new CloudFormationClient();
  if (!(await stackExists(client, "CDKToolkit"))) await cdk(["bootstrap", "aws://000000000000/us-east-1"]);
  await cdk(["deploy", "--all", "--require-approval", "never"]);
  return localOutputs.parse(await readOutputs(client, "local"));
}

async function stackExists(client: CloudFormationClient, name: string): Promise<boolean> {
  const found = await client.send(new DescribeStacksCommand({ StackName: name })).catch(() => undefined);
  return (found?.Stacks?.length ?? 0) > 0;
}
