import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import {
  bucketNames,
  checkBuckets,
  checkDatabases,
  checkNames,
  checkSecretName,
} from "../../../../../cli/commands/doctor/account/leftovers.ts";
import { checkStackStates, ownedIds } from "../../../../../cli/commands/doctor/account/stack-states.ts";
import type { StackResource, StageStack } from "../../../../../cli/commands/stage/stacks.ts";
import { denied, named } from "../../../../support/denied.ts";

const region = { region: "eu-west-1" };
const owns = (...ids: string[]) => new Set(ids);

describe("names of buckets", () => {
  const s3 = mockClient(S3Client);
  const [name = "", ...others] = bucketNames("dev", "123456789012", "eu-west-1");
  const check = (owned = owns()) => checkBuckets(new S3Client(region), [name], owned);
  beforeEach(() => s3.reset());

  it("are four", () => {
    expect([name, ...others]).toContain("avocado-dev-artifacts-123456789012-eu-west-1");
    expect(others).toHaveLength(3);
  });

  it("are free where S3 knows no such bucket", async () => {
    s3.on(HeadBucketCommand).rejects(named("NotFound"));
    expect(await check()).toMatchObject([{ state: "ok" }]);
  });

  it("are in the way where a bucket was left that no stack has", async () => {
    s3.on(HeadBucketCommand).resolves({});
    expect(await check()).toMatchObject([
      { state: "missing", found: expect.stringContaining(name), advice: expect.stringContaining("aws s3 rb") },
    ]);
    expect(await check(owns(name))).toMatchObject([{ state: "ok" }]);
  });

  it("are unknown where S3 lets nobody in: another account's, or a missing permission", async () => {
    // HEAD has no body, so S3 cannot say which.
    s3.on(HeadBucketCommand).rejects(Object.assign(named("403", ""), { $metadata: { httpStatusCode: 403 } }));
    expect(await check()).toMatchObject([{ state: "unknown", found: expect.stringContaining("s3:ListBucket") }]);
  });
});

describe("the name of the secret", () => {
  const secrets = mockClient(SecretsManagerClient);
  const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:avocado/dev/kaggle-AbCdEf";
  const check = () => checkSecretName(new SecretsManagerClient(region), "avocado/dev/kaggle");
  beforeEach(() => secrets.reset());

  it("is free", async () => {
    secrets.on(DescribeSecretCommand).rejects(named("ResourceNotFoundException"));
    expect((await check()).state).toBe("ok");
  });

  it("may be that of a secret which is there", async () => {
    secrets.on(DescribeSecretCommand).resolves({ ARN: arn });
    expect((await check()).state).toBe("ok");
  });

  it("is held by a secret that waits for its deletion", async () => {
    secrets.on(DescribeSecretCommand).resolves({ ARN: arn, DeletedDate: new Date() });
    expect(await check()).toMatchObject({
      state: "missing",
      advice: expect.stringContaining("--force-delete-without-recovery"),
    });
  });

  it("is unknown to those who may not ask", async () => {
    secrets.on(DescribeSecretCommand).rejects(denied("secretsmanager:DescribeSecret"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "secretsmanager:DescribeSecret" });
  });
});

describe("other names", () => {
  const kind = (list: () => Promise<string[]>) => ({
    kind: "log group",
    permission: "logs:DescribeLogGroups",
    list,
    remove: (id: string) => `delete ${id}`,
  });

  it("are one line where all are free or the stage's own", async () => {
    const kinds = [kind(async () => []), kind(async () => ["/avocado/dev/predict"])];
    expect(await checkNames(kinds, owns("/avocado/dev/predict"))).toMatchObject([{ state: "ok" }]);
  });

  it("are named one by one where they are in the way, with the command that deletes them", async () => {
    const kinds = [kind(async () => ["/avocado/dev/a", "/avocado/dev/b"])];
    expect(await checkNames(kinds, owns("/avocado/dev/a"))).toMatchObject([
      { check: "name of a log group", state: "missing", advice: "delete /avocado/dev/b" },
    ]);
  });

  it("are unknown to those who may not ask", async () => {
    const kinds = [kind(() => Promise.reject(denied("logs:DescribeLogGroups")))];
    expect(await checkNames(kinds, owns())).toMatchObject([{ state: "unknown", permission: "logs:DescribeLogGroups" }]);
  });
});

describe("old databases", () => {
  const rds = mockClient(RDSClient);
  const check = (owned = owns()) => checkDatabases(new RDSClient(region), "prod", owned);
  const id = "avocado-prod-data-databasecluster5b53a178-abc";
  beforeEach(() => rds.reset());

  it("are told of, where no stack has them", async () => {
    rds.on(DescribeDBClustersCommand).resolves({
      DBClusters: [{ DBClusterIdentifier: id }, { DBClusterIdentifier: "others" }],
    });
    expect(await check()).toMatchObject({ state: "warning", found: expect.stringContaining(id) });
    expect((await check(owns(id))).state).toBe("ok");
  });

  it("are unknown to those who may not ask", async () => {
    rds.on(DescribeDBClustersCommand).rejects(denied("rds:DescribeDBClusters"));
    expect((await check()).state).toBe("unknown");
  });
});

describe("the stacks' states", () => {
  const stack = (status: string, more: Partial<StageStack> = {}): StageStack => ({
    name: "avocado-prod-data",
    status,
    reason: "",
    isProtected: false,
    resources: [],
    ...more,
  });
  const resource = (status: string, reason = ""): StackResource => ({
    logicalId: "Bucket",
    type: "AWS::S3::Bucket",
    id: "a-bucket",
    status,
    reason,
  });

  it("are well before the first deployment, and after one that succeeded", () => {
    expect(checkStackStates([])).toMatchObject([{ state: "ok", found: "none yet" }]);
    expect(checkStackStates([stack("CREATE_COMPLETE")])).toMatchObject([{ state: "ok", found: "complete: data" }]);
  });

  it.each([
    ["ROLLBACK_COMPLETE", "warning", "deploy again"],
    ["ROLLBACK_FAILED", "missing", "delete-stack --stack-name avocado-prod-data"],
    ["DELETE_FAILED", "missing", "delete-stack --stack-name avocado-prod-data"],
    ["UPDATE_ROLLBACK_COMPLETE", "warning", "deploy again"],
    ["UPDATE_ROLLBACK_FAILED", "missing", "continue-update-rollback --stack-name avocado-prod-data"],
    ["UPDATE_IN_PROGRESS", "warning", "Wait"],
  ])("%s: %s, with what to do", (status, state, advice) => {
    expect(checkStackStates([stack(status)])).toMatchObject([{ state, advice: expect.stringContaining(advice) }]);
  });

  it("name the resource that failed first, not those that were cancelled for it", () => {
    const resources = [
      resource("CREATE_FAILED", "Resource creation cancelled"),
      { ...resource("CREATE_FAILED", "already exists"), id: "the-cause" },
    ];
    const [finding] = checkStackStates([stack("ROLLBACK_COMPLETE", { resources })]);
    expect(finding?.found).toBe("ROLLBACK_COMPLETE: AWS::S3::Bucket the-cause: already exists");
  });

  it("of a protected stack: its protection goes first, for else the next deployment cannot delete it", () => {
    const [finding] = checkStackStates([stack("ROLLBACK_COMPLETE", { isProtected: true })]);
    expect(finding?.state).toBe("missing");
    expect(finding?.advice?.split("\n")).toEqual([
      "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name avocado-prod-data",
      "aws cloudformation delete-stack --stack-name avocado-prod-data",
    ]);
  });

  it("name what cannot be deleted", () => {
    const resources = [resource("DELETE_FAILED", "not empty")];
    const [finding] = checkStackStates([stack("DELETE_FAILED", { resources })]);
    expect(finding?.advice).toMatch(/^Delete AWS::S3::Bucket a-bucket by hand \(not empty\)\./);
  });

  it("own what they hold, not what they deleted or kept when they gave it up", () => {
    const resources = ["CREATE_COMPLETE", "DELETE_COMPLETE", "DELETE_SKIPPED"].map((status, i) => ({
      ...resource(status),
      id: `id-${i}`,
    }));
    expect([...ownedIds([stack("ROLLBACK_COMPLETE", { resources })])]).toEqual(["id-0"]);
  });
});
