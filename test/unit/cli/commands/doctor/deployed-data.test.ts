import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeImagesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { DescribeTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { ExecuteStatementCommand, RDSDataClient } from "@aws-sdk/client-rds-data";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { checkBucket, checkDatabase } from "../../../../../cli/commands/doctor/deployed/data.ts";
import { checkTask, checkTrainerNetwork } from "../../../../../cli/commands/doctor/deployed/trainer.ts";
import { denied, named } from "../../../../support/denied.ts";

const region = { region: "eu-west-1" };

describe("a bucket", () => {
  const s3 = mockClient(S3Client);
  const check = () => checkBucket(new S3Client(region), "a-bucket");
  beforeEach(() => s3.reset());
  const answers = (text: (key: string) => string) => {
    s3.on(PutObjectCommand).resolves({ VersionId: "v1" });
    s3.on(GetObjectCommand).callsFake(({ Key }) => ({ Body: { transformToString: async () => text(Key) } }));
    s3.on(DeleteObjectCommand).resolves({});
  };

  it("gives back what was written, and keeps no version of it", async () => {
    answers((key) => key);
    expect(await check()).toMatchObject({ state: "ok", found: "a-bucket" });
    const [put] = s3.commandCalls(PutObjectCommand);
    expect(put?.args[0].input.Key).toMatch(/^doctor\//);
    expect(s3.commandCalls(DeleteObjectCommand)[0]?.args[0].input).toMatchObject({
      Key: put?.args[0].input.Key,
      VersionId: "v1",
    });
  });

  it("is missing when it gives back something else, and the object is deleted all the same", async () => {
    answers(() => "something else");
    expect((await check()).state).toBe("missing");
    expect(s3.commandCalls(DeleteObjectCommand)).toHaveLength(1);
  });

  it("is missing when it is gone", async () => {
    s3.on(PutObjectCommand).rejects(named("NoSuchBucket"));
    expect((await check()).state).toBe("missing");
  });

  it("is unknown to those who may not write", async () => {
    s3.on(PutObjectCommand).rejects(denied("s3:PutObject"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "s3:PutObject" });
  });
});

describe("the database", () => {
  const rds = mockClient(RDSClient);
  const data = mockClient(RDSDataClient);
  const check = () => checkDatabase(new RDSClient(region), new RDSDataClient(region), "a-cluster");
  const cluster = { DBClusterArn: "arn:cluster", MasterUserSecret: { SecretArn: "arn:secret" }, Status: "available" };
  beforeEach(() => {
    rds.reset();
    data.reset();
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ ...cluster, HttpEndpointEnabled: true }] });
  });

  it("answers SELECT 1, with its own secret", async () => {
    data.on(ExecuteStatementCommand).resolves({ records: [[{ longValue: 1 }]] });
    expect((await check()).state).toBe("ok");
    expect(data.commandCalls(ExecuteStatementCommand)[0]?.args[0].input).toMatchObject({
      resourceArn: "arn:cluster",
      secretArn: "arn:secret",
      sql: "SELECT 1",
    });
  });

  it("is missing when its Data API is switched off", async () => {
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ ...cluster, HttpEndpointEnabled: false }] });
    expect(await check()).toMatchObject({ state: "missing", advice: expect.stringContaining("enable-http-endpoint") });
  });

  it("is missing when it does not answer", async () => {
    data.on(ExecuteStatementCommand).rejects(named("BadRequestException", "password authentication failed"));
    expect(await check()).toMatchObject({ state: "missing", found: expect.stringContaining("password") });
  });

  it("is unknown to those who may not ask", async () => {
    data.on(ExecuteStatementCommand).rejects(denied("rds-data:ExecuteStatement"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "rds-data:ExecuteStatement" });
  });
});

describe("a task", () => {
  const [ecs, ecr, iam] = [mockClient(ECSClient), mockClient(ECRClient), mockClient(IAMClient)];
  const clients = { ecs: new ECSClient(region), ecr: new ECRClient(region), iam: new IAMClient(region) };
  const arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/avocado-dev-trainer:3";
  const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cdk-hnb659fds-assets:abc123";
  const check = () => checkTask(clients, "the trainer", arn, "npx cdk deploy");
  beforeEach(() => {
    for (const mock of [ecs, ecr, iam]) mock.reset();
    ecs.on(DescribeTaskDefinitionCommand).resolves({
      taskDefinition: {
        status: "ACTIVE",
        containerDefinitions: [{ image }],
        taskRoleArn: "arn:aws:iam::123456789012:role/task",
        executionRoleArn: "arn:aws:iam::123456789012:role/execution",
      },
    });
    ecr.on(DescribeImagesCommand).resolves({ imageDetails: [{}] });
    iam.on(GetRoleCommand).resolves({});
  });

  it("is whole with its image and both roles", async () => {
    expect(await check()).toMatchObject({ state: "ok", found: expect.stringContaining("avocado-dev-trainer:3") });
    expect(ecr.commandCalls(DescribeImagesCommand)[0]?.args[0].input).toEqual({
      registryId: "123456789012",
      repositoryName: "cdk-hnb659fds-assets",
      imageIds: [{ imageTag: "abc123" }],
    });
    expect(iam.commandCalls(GetRoleCommand).map(({ args: [{ input }] }) => input.RoleName)).toEqual([
      "task",
      "execution",
    ]);
  });

  it.each([
    ["its definition", () => ecs.on(DescribeTaskDefinitionCommand).rejects(named("ClientException"))],
    ["its image", () => ecr.on(DescribeImagesCommand).rejects(named("ImageNotFoundException"))],
    ["a role", () => iam.on(GetRoleCommand, { RoleName: "execution" }).rejects(named("NoSuchEntityException"))],
  ])("is missing without %s", async (_, take) => {
    take();
    expect(await check()).toMatchObject({ state: "missing", advice: "Deploy again: npx cdk deploy" });
  });

  it("is unknown to those who may not ask", async () => {
    ecr.on(DescribeImagesCommand).rejects(denied("ecr:DescribeImages"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "ecr:DescribeImages" });
  });
});

describe("the network of trainers", () => {
  const [ec2, lambda] = [mockClient(EC2Client), mockClient(LambdaClient)];
  const check = () =>
    checkTrainerNetwork(new EC2Client(region), new LambdaClient(region), "avocado-dev-start-training");
  beforeEach(() => {
    ec2.reset();
    const Variables = { TRAINER_SUBNETS: "subnet-1,subnet-2", TRAINER_SECURITY_GROUP: "sg-1" };
    lambda.on(GetFunctionConfigurationCommand).resolves({ Environment: { Variables } });
    ec2.on(DescribeSubnetsCommand).resolves({});
    ec2.on(DescribeSecurityGroupsCommand).resolves({});
  });

  it("is what start-training was given", async () => {
    expect(await check()).toMatchObject({ state: "ok", found: "2 subnets, sg-1" });
    expect(ec2.commandCalls(DescribeSubnetsCommand)[0]?.args[0].input.SubnetIds).toEqual(["subnet-1", "subnet-2"]);
  });

  it("is missing where a part was deleted", async () => {
    ec2
      .on(DescribeSubnetsCommand)
      .rejects(named("InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"));
    expect(await check()).toMatchObject({ state: "missing", found: expect.stringContaining("subnet-1") });
  });

  it("is unknown to those who may not ask", async () => {
    ec2.on(DescribeSecurityGroupsCommand).rejects(named("UnauthorizedOperation"));
    expect((await check()).state).toBe("unknown");
  });
});
