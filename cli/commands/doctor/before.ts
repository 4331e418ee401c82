import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { RDSClient } from "@aws-sdk/client-rds";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SSMClient } from "@aws-sdk/client-ssm";
import { idsOf, readStacks, type StageStacks, stackPermissions } from "../stage/stacks.ts";
import { checkBootstrap } from "./account/bootstrap.ts";
import { checkFargate, checkNetworks, checkSageMaker } from "./account/capacity.ts";
import { checkConcurrency, checkMemory, checkProcessor } from "./account/lambda-limits.ts";
import { bucketNames, checkBuckets, checkDatabases, checkNames, checkSecretName } from "./account/leftovers.ts";
import { namedKinds } from "./account/names.ts";
import { checkPrice } from "./account/price.ts";
import { checkDatabaseEngine, checkRegion } from "./account/region.ts";
import { checkServiceRoles } from "./account/roles.ts";
import { checkKaggleSecret, checkRawDataSecret } from "./account/secrets.ts";
import { checkStackStates, ownedIds } from "./account/stack-states.ts";
import { checkZones } from "./account/zones.ts";
import { unanswered } from "./ask.ts";
import type { Finding, Section } from "./finding.ts";
import { type CloudConfig, zonesWithoutVpcLink } from "./settings.ts";

/** A stage's settings, and where it is or will be deployed. */
export interface Target {
  config: CloudConfig;
  account: string;
  region: string;
}

/** Everything that a deployment needs of the account and the region. It changes nothing. */
export async function examineAccount({ config, account, region }: Target): Promise<Section[]> {
  const { stage, predict, schedule } = config;
  const [ec2, quotas, secrets] = [new EC2Client(), new ServiceQuotasClient(), new SecretsManagerClient()];
  const strategy = schedule?.input.strategy;
  const [stacks, problem] = await readExisting(stage);
  const exists = idsOf(stacks, "AWS::EC2::VPC").length > 0;
  const [accountFindings, limits, names] = await Promise.all([
    Promise.all([
      checkRegion(ec2, region),
      checkBootstrap(new SSMClient(), account, region),
      checkServiceRoles(new IAMClient()),
      checkZones(ec2, { stage, configured: config.availabilityZones, excluded: zonesWithoutVpcLink }),
      checkDatabaseEngine(new RDSClient()),
      checkKaggleSecret(secrets, `avocado/${stage}/kaggle`, strategy === "kaggle"),
      config.rawDataSecret ? checkRawDataSecret(secrets, config.rawDataSecret) : [],
    ]),
    Promise.all([
      checkConcurrency(new LambdaClient(), predict.provisionedConcurrency),
      checkMemory(predict.memoryMegabytes),
      checkProcessor(predict.architecture),
      checkFargate(quotas, config),
      checkNetworks(ec2, quotas, exists),
      config.sagemaker ? checkSageMaker(quotas, config.sagemaker) : [],
    ]),
    problem ? [problem] : checkExisting({ config, account, region }, stacks, secrets),
  ]);
  return [
    { title: "Account", findings: accountFindings.flat() },
    { title: "Limits", findings: limits.flat() },
    { title: "Already there", findings: names },
    { title: "Cost", findings: [checkPrice(config)] },
  ];
}

async function readExisting(stage: string): Promise<[StageStacks, Finding?]> {
  try {
    return [await readStacks(new CloudFormationClient(), stage)];
  } catch (error) {
    return [{ stacks: [], outputs: {} }, unanswered("stacks", stackPermissions, error)];
  }
}

async function checkExisting(
  { config: { stage }, account, region }: Target,
  { stacks }: StageStacks,
  secrets: SecretsManagerClient,
): Promise<Finding[]> {
  const owned = ownedIds(stacks);
  const findings = await Promise.all([
    checkBuckets(new S3Client(), bucketNames(stage, account, region), owned),
    checkSecretName(secrets, `avocado/${stage}/kaggle`),
    checkNames(namedKinds(stage), owned),
    checkDatabases(new RDSClient(), stage, owned),
  ]);
  return [...checkStackStates(stacks), ...findings.flat()];
}
