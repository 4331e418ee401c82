import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand, paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import { root } from "../setup/paths.ts";
import { run } from "../setup/run.ts";
import { localAws } from "./ministack.ts";

/** Outputs of the stacks of stage `local`. */
export interface StackOutputs {
  RawBucket: string;
  DataBucket: string;
  ArtifactBucket: string;
  ApiId: string;
  StateMachineArn: string;
  TrainingQueueUrl: string;
  KaggleSecret: string;
}

/** `cdk bootstrap` where it has not been done, then `cdk deploy` of stage `local`, the same app as in an account. */
export async function deployLocal(
  endpoint: string,
  mlflowUrl: string,
  logFile: string,
  kaggle?: object,
): Promise<StackOutputs> {
  const bin = join(root, "node_modules/.bin");
  const env = {
    ...localAws(endpoint),
    AVOCADO_LOCAL_ENDPOINT: endpoint,
    AVOCADO_MLFLOW_URL: mlflowUrl,
    ...(kaggle && { AVOCADO_KAGGLE: JSON.stringify(kaggle) }),
    CI: "true",
    // The templates are checked by the tests; here the check would only cost seconds.
    CDK_VALIDATION: "false",
    PATH: `${bin}:${process.env.PATH}`,
  };
  const cdk = (args: string[]) =>
    run(join(bin, "cdk"), [...args, "-c", "stage=local", "--no-notices"], {
      cwd: root,
      env,
      logFile,
    });
  const client = new CloudFormationClient();
  if (!(await stackExists(client, "CDKToolkit"))) await cdk(["bootstrap", "aws://000000000000/us-east-1"]);
  await cdk(["deploy", "--all", "--require-approval", "never"]);
  return readOutputs(client);
}

async function stackExists(client: CloudFormationClient, name: string): Promise<boolean> {
  const found = await client.send(new DescribeStacksCommand({ StackName: name })).catch(() => undefined);
  return (found?.Stacks?.length ?? 0) > 0;
}

async function readOutputs(client: CloudFormationClient): Promise<StackOutputs> {
  const outputs: Record<string, string> = {};
  for await (const page of paginateDescribeStacks({ client }, {})) {
    for (const stack of page.Stacks ?? []) {
      for (const { OutputKey, OutputValue } of stack.Outputs ?? [])
        if (OutputKey && OutputValue) outputs[OutputKey] = OutputValue;
    }
  }
  const wanted = [
    "RawBucket",
    "DataBucket",
    "ArtifactBucket",
    "ApiId",
    "StateMachineArn",
    "TrainingQueueUrl",
    "KaggleSecret",
  ] as const;
  const missing = wanted.filter((name) => !outputs[name]);
  if (missing.length > 0) throw new Error(`The deployed stacks lack the outputs ${missing.join(", ")}`);
  return outputs as unknown as StackOutputs;
}
