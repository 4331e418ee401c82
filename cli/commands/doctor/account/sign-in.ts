import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";
import { errorMessage } from "../../../../core/errors.ts";
import type { Finding } from "../finding.ts";

/** The caller as AWS identifies it. */
export interface Identity {
  account: string;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string;
}

/** Who AWS takes this command line for. `wanted`: the account that the stage's file names. */
export async function checkCredentials(
  client: STSClient,
  wanted?: string,
): Promise<{ finding: Finding; identity?: Identity }> {
  const check = "credentials";
  try {
    const { Arn = "", Account = "" } = await client.send(new GetCallerIdentityCommand({}));
    const identity = { account: Account, partition: Arn.split(":")[1] || "aws" };
    if (!wanted || wanted === Account) return { finding: { check, state: "ok", found: Arn }, identity };
    const found = `${Arn}, but the stage's file names account ${wanted}`;
    const advice = "Sign in to that account: AWS_PROFILE=<profile>, or correct `account` in the stage's file.";
    return { finding: { check, state: "missing", found, advice }, identity };
  } catch (error) {
    const advice = "Sign in: `aws sso login --profile <profile>` and AWS_PROFILE=<profile>, or set AWS_ACCESS_KEY_ID.";
    return { finding: { check, state: "missing", found: errorMessage(error), advice } };
  }
}
