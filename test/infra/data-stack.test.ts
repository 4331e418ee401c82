import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { stages, synthesise } from "../support/stages.ts";

describe.each(stages.filter((stage) => stage !== "local"))("the data of stage %s", (stage) => {
  const template = () => synthesise(stage).template("data");

  it("has no NAT gateway, and a way to S3 that leaves AWS's network nowhere", () => {
    template().resourceCountIs("AWS::EC2::NatGateway", 0);
    template().hasResourceProperties("AWS::EC2::VPCEndpoint", { VpcEndpointType: "Gateway" });
    template().resourceCountIs("AWS::EC2::Subnet", 4);
  });

  it("lies encrypted, behind the Data API, in a database that pauses at zero", () => {
    template().hasResourceProperties("AWS::RDS::DBCluster", {
      StorageEncrypted: true,
      EnableHttpEndpoint: true,
      ManageMasterUserPassword: true,
      MasterUserPassword: Match.absent(),
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 2, SecondsUntilAutoPause: 600 },
      BackupRetentionPeriod: stage === "prod" ? 30 : 7,
    });
  });

  it("is kept where the stage says so, but not by a first deployment that fails: its names would stop the next one", () => {
    const types = ["AWS::S3::Bucket", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::RDS::DBSubnetGroup"];
    const policies = [...types, "AWS::SecretsManager::Secret"].flatMap((type) =>
      Object.values(template().findResources(type)).map(({ DeletionPolicy }) => [type, DeletionPolicy]),
    );
    expect(policies).toHaveLength((stage === "prod" ? 4 : 3) + 1 + 1 + 1 + 1);
    for (const [type, policy] of policies)
      expect([type, policy]).toEqual([type, stage === "prod" ? "RetainExceptOnCreate" : "Delete"]);
  });

  it("is protected from deletion when all else in its stack stands, for a protected cluster cannot be rolled back", () => {
    const resources: Record<string, { Type: string; DependsOn?: string[] }> = template().toJSON().Resources;
    const cluster = Object.values(template().findResources("AWS::RDS::DBCluster"))[0];
    expect(cluster?.Properties.DeletionProtection).toBeUndefined();
    template().hasResourceProperties("Custom::Databases", { deletionProtection: String(stage === "prod") });
    const last = Object.values(resources).find(({ Type }) => Type === "Custom::Databases");
    const others = Object.entries(resources).filter(([, { Type }]) =>
      ["AWS::S3::Bucket", "AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::RDS::DBInstance", "AWS::EC2::FlowLog"].includes(
        Type,
      ),
    );
    expect(last?.DependsOn).toEqual(expect.arrayContaining(others.map(([id]) => id)));
  });

  it("is reached by members of one security group alone, from subnets without a way out", () => {
    const ingress = synthesise(stage)
      .resources("AWS::EC2::SecurityGroupIngress")
      .filter(([id]) => id.startsWith("Database"));
    expect(ingress).toHaveLength(1);
    expect(JSON.stringify(ingress[0]?.[1].Properties.SourceSecurityGroupId)).toContain("DatabaseClients");
    template().hasResourceProperties("AWS::RDS::DBInstance", { PubliclyAccessible: false });
    const [, subnets] = synthesise(stage).resources("AWS::RDS::DBSubnetGroup")[0] ?? [];
    for (const { Ref: name } of subnets?.Properties.SubnetIds ?? []) expect(name).toContain("dataSubnet");
  });

  it("keeps passwords out of template and environment", () => {
    const text = JSON.stringify(
      synthesise(stage).stacks.map(({ node }) => synthesise(stage).template(node.id).toJSON()),
    );
    expect(text).not.toMatch(/"(MasterUserPassword|\w*PASSWORD)":/);
    expect(text).not.toContain("{{resolve:secretsmanager");
  });
});

describe("stage local", () => {
  it("has neither network nor database", () => {
    const { resources } = synthesise("local");
    for (const type of ["AWS::EC2::VPC", "AWS::RDS::DBCluster", "AWS::ECS::Service"])
      expect(resources(type)).toEqual([]);
  });
});
