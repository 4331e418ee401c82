import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import { z } from "zod";
import { errorMessage, NotFoundError } from "../core/errors.ts";
import {
  checkBootstrap,
  checkConcurrency,
  checkCredentials,
  checkFargate,
  checkKaggleSecret,
  checkMemory,
  checkRawDataSecret,
} from "./doctor/account.ts";
import { checkDocker } from "./doctor/docker.ts";
import { type Finding, formatFindings } from "./doctor/finding.ts";
import { readArguments, runCommand } from "./local/command.ts";
import type { Progress } from "./local/progress.ts";
import { findRunningStack, stateFolder } from "./local/state.ts";
import { pythonBin, root } from "./setup/paths.ts";
import { readOutputs, stageOutputs } from "./stage/outputs.ts";

const usage = `npm run doctor -- [options]

  --stage <stage>    default: prod

Looks at what a stage needs before and after 'cdk deploy', and says what to do about what is missing. It changes nothing.`;

/** The part of a stage's file that matters here. */
const stageFile = z.object({
  region: z.string().optional(),
  rawDataSecret: z.string().optional(),
  predict: z
    .object({ memoryMegabytes: z.number().optional(), architecture: z.enum(["x64", "arm64"]).optional() })
    .optional(),
});

/** `npm run doctor`: is everything there that a stage needs? */
async function examine(progress: Progress): Promise<void> {
  const { values } = readArguments({ options: { stage: { type: "string" } } }, usage);
  const stage = values.stage ?? "prod";
  const findings = stage === "local" ? examineLocal() : await examineCloud(stage);
  progress.line(formatFindings(findings));
  if (findings.some(({ state }) => state === "missing")) process.exitCode = 1;
}

function examineLocal(): Finding[] {
  const python = existsSync(pythonBin("ministack"));
  return [
    python
      ? { check: "Python environment", state: "ok", found: "set up" }
      : { check: "Python environment", state: "missing", found: "not set up", advice: "'npm start' does it." },
    runningStack(),
  ];
}

function runningStack(): Finding {
  const check = "local stack";
  try {
    return { check, state: "ok", found: Object.values(findRunningStack(stateFolder()).urls).join("  ") };
  } catch (error) {
    return { check, state: "warning", found: errorMessage(error) };
  }
}

async function examineCloud(stage: string): Promise<Finding[]> {
  const file = join(root, "config", `${stage}.json`);
  if (!existsSync(file))
    throw new NotFoundError(`There is no config/${stage}.json. Copy config/dev.json, and change it.`);
  const config = stageFile.parse(JSON.parse(readFileSync(file, "utf8")));
  if (config.region) process.env.AWS_REGION = config.region;
  // MLflow and the trainer are x86-64 everywhere.
  const docker = await checkDocker([
    "amd64",
    ...(config.predict?.architecture === "arm64" ? (["arm64"] as const) : []),
  ]);
  const region = await new STSClient().config.region().catch(() => undefined);
  if (!region) {
    const advice = `Set AWS_REGION, or 'region' in config/${stage}.json.`;
    return [...docker, { check: "region", state: "missing", found: "none is set", advice }];
  }
  const credentials = await checkCredentials(new STSClient());
  const memory = checkMemory(config.predict?.memoryMegabytes ?? 3008);
  if (!credentials.account) return [...docker, credentials, memory];
  const secrets = new SecretsManagerClient();
  return [
    ...docker,
    credentials,
    { check: "region", state: "ok", found: region },
    await checkBootstrap(new SSMClient(), credentials.account, region),
    memory,
    await checkConcurrency(new LambdaClient()),
    await checkFargate(new ServiceQuotasClient()),
    await checkDeployment(stage),
    await checkKaggleSecret(secrets, `avocado/${stage}/kaggle`),
    ...(config.rawDataSecret ? [await checkRawDataSecret(secrets, config.rawDataSecret)] : []),
  ];
}

async function checkDeployment(stage: string): Promise<Finding> {
  const check = "stacks";
  const advice = `npx cdk deploy --all -c stage=${stage}`;
  try {
    const outputs = stageOutputs.safeParse(await readOutputs(new CloudFormationClient(), stage));
    if (outputs.success) return { check, state: "ok", found: `deployed, API at ${outputs.data.ApiUrl}` };
    return { check, state: "warning", found: "not deployed, or not whole", advice };
  } catch (error) {
    return { check, state: "warning", found: errorMessage(error), advice };
  }
}

await runCommand(usage, examine);
