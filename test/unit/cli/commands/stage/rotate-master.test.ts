import { PassThrough } from "node:stream";
import { CloudFormationClient, DescribeStacksCommand, ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { DescribeDBClustersCommand, ModifyDBClusterCommand, RDSClient } from "@aws-sdk/client-rds";
import { ExecuteStatementCommand, RDSDataClient } from "@aws-sdk/client-rds-data";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, expect, it, vi } from "vitest";
import { rotateMaster } from "../../../../../cli/commands/stage/rotate-master.ts";
import { Progress } from "../../../../../cli/terminal/progress.ts";

const [cloudFormation, rds, dataApi, secrets] = [
  mockClient(CloudFormationClient),
  mockClient(RDSClient),
  mockClient(RDSDataClient),
  mockClient(SecretsManagerClient),
];

/** RDS whose secret has these states, one after the other, once it was asked to change it; then the last one for ever. */
function rdsThat(...states: [status: string, version: string][]): void {
  let now = ["active", "old"];
  let isAsked = false;
  rds.on(ModifyDBClusterCommand).callsFake(() => {
    isAsked = true;
    return {};
  });
  rds.on(DescribeDBClustersCommand).callsFake(() => {
    if (isAsked) now = states.shift() ?? now;
    const MasterUserSecret = { SecretArn: "arn:secret", SecretStatus: now[0] };
    return { DBClusters: [{ DBClusterArn: "arn:cluster", MasterUserSecret }] };
  });
  secrets.on(DescribeSecretCommand).callsFake(() => ({
    VersionIdsToStages: { older: ["AWSPREVIOUS"], [now[1] ?? ""]: ["AWSCURRENT"] },
  }));
}

beforeEach(() => {
  vi.stubEnv("AWS_REGION", "eu-west-1");
  for (const mock of [cloudFormation, rds, dataApi, secrets]) mock.reset();
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [{ StackName: "avocado-dev-data", StackStatus: "CREATE_COMPLETE", CreationTime: new Date() }],
  });
  const cluster = { LogicalResourceId: "Cluster", PhysicalResourceId: "cluster", LastUpdatedTimestamp: new Date() };
  cloudFormation.on(ListStackResourcesCommand).resolves({
    StackResourceSummaries: [{ ...cluster, ResourceType: "AWS::RDS::DBCluster", ResourceStatus: "CREATE_COMPLETE" }],
  });
  dataApi.on(ExecuteStatementCommand).resolves({ records: [[{ stringValue: "1" }]] });
});

const rotate = () => {
  const out = new PassThrough() as unknown as NodeJS.WriteStream;
  return rotateMaster("dev", true, new Progress(out), { timeout: 50, pause: 1 });
};

it("waits until the new version of the secret holds, whatever the status was before, and asks the database", async () => {
  rdsThat(["active", "old"], ["rotating", "old"], ["rotating", "new"], ["active", "new"]);
  await rotate();
  expect(rds.commandCalls(ModifyDBClusterCommand)[0]?.args[0].input).toEqual({
    DBClusterIdentifier: "cluster",
    RotateMasterUserPassword: true,
    ApplyImmediately: true,
  });
  expect(dataApi.commandCalls(ExecuteStatementCommand)).toHaveLength(1);
});

it.each([["impaired"], ["rotating"]])("says what the secret is when it stays %s", async (status) => {
  rdsThat([status, "old"]);
  await expect(rotate()).rejects.toMatchObject({
    name: "SecretNotRotated",
    message: expect.stringContaining(`its secret is ${status}`),
  });
});
