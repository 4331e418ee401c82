import {
  DescribeAvailabilityZonesCommand,
  DescribeRegionsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DescribeOrderableDBInstanceOptionsCommand, RDSClient } from "@aws-sdk/client-rds";
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListAWSDefaultServiceQuotasCommand,
  ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { checkBootstrap } from "../../../../../cli/commands/doctor/account/bootstrap.ts";
import { checkFargate, checkNetworks, checkSageMaker } from "../../../../../cli/commands/doctor/account/capacity.ts";
import {
  checkConcurrency,
  checkMemory,
  checkProcessor,
} from "../../../../../cli/commands/doctor/account/lambda-limits.ts";
import { checkDatabaseEngine, checkRegion } from "../../../../../cli/commands/doctor/account/region.ts";
import { checkServiceRoles } from "../../../../../cli/commands/doctor/account/roles.ts";
import { checkCredentials } from "../../../../../cli/commands/doctor/account/sign-in.ts";
import { checkZones } from "../../../../../cli/commands/doctor/account/zones.ts";
import { denied, named } from "../../../../support/denied.ts";

const region = { region: "eu-west-1" };
const ec2 = mockClient(EC2Client);
const quotas = mockClient(ServiceQuotasClient);
beforeEach(() => {
  ec2.reset();
  quotas.reset();
});

describe("credentials", () => {
  const sts = mockClient(STSClient);
  const answer = { Arn: "arn:aws:iam::123456789012:user/jane", Account: "123456789012" };
  beforeEach(() => sts.reset());

  it("says who is signed in", async () => {
    sts.on(GetCallerIdentityCommand).resolves(answer);
    const { finding, identity } = await checkCredentials(new STSClient(region), "123456789012");
    expect(finding).toMatchObject({ state: "ok", found: answer.Arn });
    expect(identity).toEqual({ account: "123456789012", partition: "aws" });
  });

  it("misses them where they have expired", async () => {
    sts.on(GetCallerIdentityCommand).rejects(new Error("expired"));
    const { finding } = await checkCredentials(new STSClient(region));
    expect(finding).toMatchObject({ state: "missing", advice: expect.stringContaining("aws sso login") });
  });

  it("misses those of the account that the stage's file names", async () => {
    sts.on(GetCallerIdentityCommand).resolves(answer);
    const { finding } = await checkCredentials(new STSClient(region), "210987654321");
    expect(finding).toMatchObject({ state: "missing", found: expect.stringContaining("210987654321") });
  });
});

describe("the region", () => {
  const check = (name: string) => checkRegion(new EC2Client(region), name);

  it.each([
    ["eu-west-1", "opt-in-not-required", "ok"],
    ["ap-east-1", "opted-in", "ok"],
    ["ap-east-1", "not-opted-in", "missing"],
  ])("%s that is %s is %s", async (RegionName, OptInStatus, state) => {
    ec2.on(DescribeRegionsCommand, { AllRegions: true }).resolves({ Regions: [{ RegionName, OptInStatus }] });
    const finding = await check(RegionName);
    expect(finding.state).toBe(state);
    if (state === "missing") expect(finding.advice).toContain("aws account enable-region --region-name ap-east-1");
  });

  it("does not exist where it is misspelt", async () => {
    ec2.on(DescribeRegionsCommand).resolves({ Regions: [] });
    expect(await check("eu-wst-1")).toMatchObject({ state: "missing", found: "eu-wst-1 does not exist" });
  });

  it("is unknown to those who may not ask", async () => {
    ec2
      .on(DescribeRegionsCommand)
      .rejects(named("UnauthorizedOperation", "You are not authorized to perform this operation."));
    expect(await check("eu-west-1")).toMatchObject({ state: "unknown", permission: "ec2:DescribeRegions" });
  });
});

describe("the bootstrap", () => {
  const ssm = mockClient(SSMClient);
  const check = () => checkBootstrap(new SSMClient(region), "123456789012", "eu-west-1");
  beforeEach(() => ssm.reset());

  it.each([
    ["21", "ok"],
    ["4", "missing"],
  ])("of version %s is %s", async (Value, state) => {
    ssm.on(GetParameterCommand).resolves({ Parameter: { Value } });
    expect((await check()).state).toBe(state);
  });

  it("is missing in a new account", async () => {
    ssm.on(GetParameterCommand).rejects(named("ParameterNotFound"));
    expect(await check()).toMatchObject({ state: "missing", advice: "npx cdk bootstrap aws://123456789012/eu-west-1" });
  });

  it("is unknown to those who may not ask", async () => {
    ssm.on(GetParameterCommand).rejects(denied("ssm:GetParameter"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "ssm:GetParameter" });
  });
});

describe("service-linked roles", () => {
  const iam = mockClient(IAMClient);
  const check = () => checkServiceRoles(new IAMClient(region));
  beforeEach(() => iam.reset());

  it("are there in an account that has used the services", async () => {
    iam.on(GetRoleCommand).resolves({});
    expect((await check()).map(({ state }) => state)).toEqual(["ok", "ok"]);
  });

  it("are missing one by one, each with the command that creates it", async () => {
    iam.on(GetRoleCommand, { RoleName: "AWSServiceRoleForECS" }).rejects(named("NoSuchEntityException"));
    iam.on(GetRoleCommand, { RoleName: "AWSServiceRoleForRDS" }).resolves({});
    const [ecs, rds] = await check();
    expect(ecs?.advice).toBe("aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com");
    expect([ecs?.state, rds?.state]).toEqual(["missing", "ok"]);
  });

  it("are unknown to those who may not ask", async () => {
    iam.on(GetRoleCommand).rejects(denied("iam:GetRole"));
    expect(await check()).toMatchObject([{ state: "unknown", permission: "iam:GetRole" }, { state: "unknown" }]);
  });
});

describe("availability zones", () => {
  const zones = ["az4", "az3", "az1"].map((id, i) => ({ ZoneName: `us-east-1${"abc"[i]}`, ZoneId: `use1-${id}` }));
  const check = (configured?: string[]) =>
    checkZones(new EC2Client(region), { stage: "dev", configured, excluded: new Set(["use1-az3"]) });
  const answer = () => ec2.on(DescribeAvailabilityZonesCommand).resolves({ AvailabilityZones: [...zones].reverse() });

  it("are missing where one of the first two has no VPC link, with the line to add", async () => {
    answer();
    expect(await check()).toMatchObject({
      state: "missing",
      found: "us-east-1b (use1-az3) cannot have a VPC link",
      advice: 'Add to config/dev.json: "availabilityZones": ["us-east-1a","us-east-1c"]',
    });
  });

  it("are well where the stage's file names others", async () => {
    answer();
    expect(await check(["us-east-1a", "us-east-1c"])).toMatchObject({
      state: "ok",
      found: "us-east-1a (use1-az4), us-east-1c (use1-az1)",
    });
  });

  it("are missing where the file names one that is not there", async () => {
    answer();
    expect(await check(["us-east-1a", "us-east-1z"])).toMatchObject({ state: "missing" });
  });

  it("are unknown to those who may not ask", async () => {
    ec2.on(DescribeAvailabilityZonesCommand).rejects(named("UnauthorizedOperation"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "ec2:DescribeAvailabilityZones" });
  });
});

describe("the database engine", () => {
  const rds = mockClient(RDSClient);
  const check = () => checkDatabaseEngine(new RDSClient(region));
  beforeEach(() => rds.reset());

  it.each([
    [[{ Engine: "aurora-postgresql", DBInstanceClass: "db.serverless" }], "ok"],
    [[], "missing"],
  ])("%j: %s", async (OrderableDBInstanceOptions, state) => {
    rds.on(DescribeOrderableDBInstanceOptionsCommand).resolves({ OrderableDBInstanceOptions });
    expect((await check()).state).toBe(state);
  });

  it("is unknown to those who may not ask", async () => {
    rds.on(DescribeOrderableDBInstanceOptionsCommand).rejects(denied("rds:DescribeOrderableDBInstanceOptions"));
    expect((await check()).state).toBe("unknown");
  });
});

describe("Lambda's concurrency", () => {
  const lambda = mockClient(LambdaClient);
  const check = (provisioned?: number) => checkConcurrency(new LambdaClient(region), provisioned);
  const answer = (limit: number, free = limit) =>
    lambda.on(GetAccountSettingsCommand).resolves({
      AccountLimit: { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: free },
    });
  beforeEach(() => lambda.reset());

  it.each([
    [10, undefined, "warning"],
    [1000, undefined, "ok"],
    // AWS: "decreases account's UnreservedConcurrentExecution below its minimum value of [10]".
    [10, 1, "missing"],
    [1000, 990, "ok"],
    [1000, 991, "missing"],
  ])("of %i with %s always warm: %s", async (limit, provisioned, state) => {
    answer(limit);
    expect((await check(provisioned)).state).toBe(state);
  });

  it("counts only what no other function has reserved", async () => {
    answer(1000, 12);
    expect((await check(3)).state).toBe("missing");
  });

  it("is unknown to those who may not ask", async () => {
    lambda.on(GetAccountSettingsCommand).rejects(denied("lambda:GetAccountSettings"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "lambda:GetAccountSettings" });
  });
});

describe("functions", () => {
  it("warns of memory that new accounts do not have", () => {
    expect([3008, 4096].map((megabytes) => checkMemory(megabytes).state)).toEqual(["ok", "warning"]);
  });

  it("says that arm64 is untested", () => {
    expect(checkProcessor("x64").state).toBe("ok");
    expect(checkProcessor("arm64")).toMatchObject({ state: "warning", found: "arm64, untested" });
  });
});

describe("quotas", () => {
  const client = () => new ServiceQuotasClient(region);
  const settings = { registry: { cpu: 512 }, trainer: { cpu: 4096 } };
  const answer = (Value: number) => quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value } });

  it.each([
    [4, "missing"],
    [5, "ok"],
  ])("Fargate's CPUs for a trainer of 4 and two tasks of MLflow: %i is %s", async (value, state) => {
    answer(value);
    expect((await checkFargate(client(), settings)).state).toBe(state);
  });

  it("takes AWS's default where the account has no value of its own", async () => {
    quotas.on(GetServiceQuotaCommand).rejects(named("NoSuchResourceException"));
    quotas.on(GetAWSDefaultServiceQuotaCommand).resolves({ Quota: { Value: 6 } });
    expect((await checkFargate(client(), settings)).state).toBe("ok");
  });

  it.each([
    [4, false, "ok"],
    [5, false, "missing"],
    [5, true, "ok"],
  ])("%i of 5 networks, the stage's own among them: %s: %s", async (count, exists, state) => {
    answer(5);
    ec2.on(DescribeVpcsCommand).resolves({ Vpcs: Array.from({ length: count }, () => ({})) });
    expect((await checkNetworks(new EC2Client(region), client(), exists)).state).toBe(state);
  });

  describe("training jobs on SageMaker", () => {
    const gpu = { instanceType: "ml.g4dn.xlarge", spot: false };
    const quota = (QuotaName: string, QuotaCode: string) => ({ QuotaName, QuotaCode });
    beforeEach(() => {
      quotas.on(ListAWSDefaultServiceQuotasCommand).resolves({
        Quotas: [quota("ml.g4dn.xlarge for endpoint usage", "L-0")],
        NextToken: "more",
      });
      quotas.on(ListAWSDefaultServiceQuotasCommand, { NextToken: "more" }).resolves({
        Quotas: [
          quota("ml.g4dn.xlarge for spot training job usage", "L-1"),
          quota("ml.g4dn.xlarge for training job usage", "L-2"),
        ],
      });
    });

    it.each([
      [1, "ok"],
      [0, "missing"],
    ])("%i of them: %s", async (value, state) => {
      quotas.on(GetServiceQuotaCommand, { QuotaCode: "L-2" }).resolves({ Quota: { Value: value } });
      expect((await checkSageMaker(client(), gpu)).state).toBe(state);
    });

    it("have a quota of their own where they are spot", async () => {
      quotas.on(GetServiceQuotaCommand, { QuotaCode: "L-1" }).resolves({ Quota: { Value: 0 } });
      const finding = await checkSageMaker(client(), { ...gpu, spot: true });
      expect(finding).toMatchObject({ state: "missing", advice: expect.stringContaining("--quota-code L-1 ") });
    });

    it("are missing where the region has no such machine", async () => {
      const finding = await checkSageMaker(client(), { ...gpu, instanceType: "ml.g9.xlarge" });
      expect(finding).toMatchObject({ state: "missing", found: expect.stringContaining("no quota of ml.g9.xlarge") });
    });
  });

  it("are unknown to those who may not ask", async () => {
    quotas.on(GetServiceQuotaCommand).rejects(denied("servicequotas:GetServiceQuota"));
    ec2.on(DescribeVpcsCommand).resolves({ Vpcs: [] });
    const findings = await Promise.all([
      checkFargate(client(), settings),
      checkNetworks(new EC2Client(region), client(), false),
    ]);
    for (const { state, permission } of findings)
      expect([state, permission]).toEqual(["unknown", "servicequotas:GetServiceQuota"]);
  });
});
