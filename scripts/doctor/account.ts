import { GetAccountSettingsCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetServiceQuotaCommand, type ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { GetParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";
import { openForeignStore } from "../../aws/foreign-store.ts";
import { errorMessage } from "../../core/errors.ts";
import { parseCredentials } from "../../core/kaggle/credentials.ts";
import type { Finding } from "./finding.ts";

/** Who AWS takes this command line for. */
export async function checkCredentials(client: STSClient): Promise<Finding & { account?: string }> {
  const check = "credentials";
  try {
    const { Arn, Account } = await client.send(new GetCallerIdentityCommand({}));
    return { check, state: "ok", found: Arn ?? "unknown", ...(Account && { account: Account }) };
  } catch (error) {
    const advice = "Sign in: `aws sso login --profile <profile>` and AWS_PROFILE=<profile>, or set AWS_ACCESS_KEY_ID.";
    return { check, state: "missing", found: errorMessage(error), advice };
  }
}

/** Has the account been prepared for `cdk deploy`, recently enough? */
export async function checkBootstrap(client: SSMClient, account: string, region: string): Promise<Finding> {
  const check = "CDK bootstrap";
  const advice = `npx cdk bootstrap aws://${account}/${region}`;
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: "/cdk-bootstrap/hnb659fds/version" }));
    const version = Number(Parameter?.Value);
    // From this version on images and assets are published with roles.
    if (version >= 6) return { check, state: "ok", found: `version ${version}` };
    return { check, state: "missing", found: `version ${version}, 6 is needed`, advice };
  } catch (error) {
    const absent = error instanceof Error && error.name === "ParameterNotFound";
    return { check, state: "missing", found: absent ? "not done in this region" : errorMessage(error), advice };
  }
}

/** How many Lambdas may run at once: the map of shards takes 4, the rest serves. */
export async function checkConcurrency(client: LambdaClient): Promise<Finding> {
  const check = "Lambda concurrency";
  try {
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
    const limit = AccountLimit?.ConcurrentExecutions ?? 0;
    if (limit >= 100) return { check, state: "ok", found: `${limit} at once` };
    const advice = "Enough to begin with: 4 prepare photographs, the rest predicts. Ask for 1000 under Service Quotas.";
    return { check, state: "warning", found: `${limit} at once`, advice };
  } catch (error) {
    return { check, state: "warning", found: errorMessage(error), advice: "It needs lambda:GetAccountSettings." };
  }
}

/** How many CPUs Fargate may have at once: a trainer of 4, and MLflow. */
export async function checkFargate(client: ServiceQuotasClient): Promise<Finding> {
  const check = "Fargate CPUs";
  try {
    const quota = await client.send(new GetServiceQuotaCommand({ ServiceCode: "fargate", QuotaCode: "L-3032A538" }));
    const cpus = quota.Quota?.Value ?? 0;
    if (cpus >= 6) return { check, state: "ok", found: `${cpus} at once` };
    const advice = "A trainer takes 4: ask for 6 under Service Quotas, or make `trainer.cpu` 2048 in the stage's file.";
    return { check, state: "missing", found: `${cpus} at once`, advice };
  } catch (error) {
    return { check, state: "warning", found: errorMessage(error), advice: "It needs servicequotas:GetServiceQuota." };
  }
}

/** New accounts have 3008 MB a function, which no API tells. */
export function checkMemory(megabytes: number): Finding {
  const check = "Lambda memory";
  if (megabytes <= 3008)
    return { check, state: "ok", found: `${megabytes} MB for predictions, which every account has` };
  const advice =
    "New accounts refuse more than 3008 MB: ask AWS support for it, or make `predict.memoryMegabytes` 3008.";
  return { check, state: "warning", found: `${megabytes} MB for predictions`, advice };
}

/** Has somebody created the secret with Kaggle's credentials? Only strategy `kaggle` needs them. */
export async function checkKaggleSecret(client: SecretsManagerClient, name: string): Promise<Finding> {
  const check = "Kaggle's credentials";
  const advice =
    `Only strategy 'kaggle' needs them: aws secretsmanager create-secret --name ${name} ` +
    `--secret-string '{"KAGGLE_USERNAME":"…","KAGGLE_API_TOKEN":"…"}'`;
  try {
    const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    const { username } = parseCredentials(parse(SecretString), name);
    return { check, state: "ok", found: `those of ${username}` };
  } catch (error) {
    return { check, state: "warning", found: errorMessage(error), advice };
  }
}

/** Does the secret that a stage names for raw data elsewhere say what opens a bucket? */
export async function checkRawDataSecret(client: SecretsManagerClient, name: string): Promise<Finding> {
  const check = "raw data elsewhere";
  try {
    await openForeignStore(client, name, "any-bucket");
    return { check, state: "ok", found: `secret '${name}' is filled in` };
  } catch (error) {
    const advice = `aws secretsmanager create-secret --name ${name} --secret-string '{"region":"…","accessKeyId":"…","secretAccessKey":"…"}'`;
    return { check, state: "missing", found: errorMessage(error), advice };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
