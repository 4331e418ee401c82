import { join } from "node:path";
import { CloudFormationClient, paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  paginateDescribeLogGroups,
} from "@aws-sdk/client-cloudwatch-logs";
import { ECSClient, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readJsonSecret } from "../../../aws/secrets.ts";
import { heldResources, readStacks, type StageStack } from "../../../cli/commands/stage/stacks.ts";
import { EmulatedAccount } from "../../support/emulated-account.ts";
import { bucketStore, localClient } from "../../support/ministack.ts";
import { trainTinyModel } from "../../support/pipeline.ts";
import { runbookCommand } from "../../support/runbook.ts";
import { cases } from "../../support/settings/cases.ts";
import { planRounds } from "../../support/settings/rounds.ts";
import { StandaloneRegistry } from "../../support/standalone-registry.ts";

const dev = { stage: "dev", registry: { scaleToZeroAfterMinutes: 60 }, logRetentionDays: 14 };
/** Another stage in the same account, whose data is kept. */
const twin = { ...dev, stage: "dev2", keepData: true };
const inAccount = "000000000000-us-east-1";
let account: EmulatedAccount;
let cloudFormation: CloudFormationClient;
let logs: CloudWatchLogsClient;
let s3: S3Client;

beforeAll(async () => {
  account = await EmulatedAccount.start();
  const client = localClient(account.aws.url);
  cloudFormation = new CloudFormationClient(client);
  logs = new CloudWatchLogsClient(client);
  s3 = new S3Client(client);
}, 600_000);
afterAll(() => account?.stop());

const stacksOf = async (stage: string) => (await readStacks(cloudFormation, stage)).stacks;
const idsOf = (stacks: StageStack[], type?: string) =>
  heldResources(stacks).flatMap((each) => (!type || each.type === type ? [each.id] : []));

/** Ids of what holds data, or in which it lies. */
function holders(stacks: StageStack[]): string[] {
  const types = [
    "S3::Bucket",
    "RDS::DBCluster",
    "RDS::DBSubnetGroup",
    "SecretsManager::Secret",
    "EC2::VPC",
    "EC2::Subnet",
  ];
  return types.flatMap((type) => idsOf(stacks, `AWS::${type}`));
}

async function statuses(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { Stacks = [] } of paginateDescribeStacks({ client: cloudFormation }, {}))
    for (const { StackName = "", StackStatus = "" } of Stacks) found[StackName] = StackStatus;
  return found;
}

async function logGroups(prefix: string) {
  const found: [string, number | undefined][] = [];
  for await (const page of paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix: prefix }))
    for (const { logGroupName = "", retentionInDays } of page.logGroups ?? [])
      found.push([logGroupName, retentionInDays]);
  return found;
}

async function buckets(stage: string): Promise<string[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  return Buckets.map(({ Name = "" }) => Name).filter((name) => name.startsWith(`avocado-${stage}-`));
}

/** Password of MLflow's role. */
async function readRolePassword(): Promise<string> {
  const ids = idsOf(await stacksOf("dev"), "AWS::SecretsManager::Secret");
  const secrets = new SecretsManagerClient(localClient(account.aws.url));
  const found = await readJsonSecret(secrets, ids.find((id) => id.includes("mlflow")) ?? "");
  return (found as { password: string }).password;
}

const artifactsOf = (stage: string) => bucketStore(account.aws.url, `avocado-${stage}-artifacts-${inAccount}`);
const asOwner = { user: "owner", password: "owner password" };

describe("a stage from its first deployment to its end", () => {
  it("is whole after a first deployment that failed and a second one", async () => {
    await account.postgres.query(asOwner, "postgres", "ALTER ROLE master NOCREATEROLE");
    const assembly = account.synthesise(dev);
    await expect(account.deploy(assembly)).rejects.toThrow(/permission denied to create role/);
    await account.postgres.query(asOwner, "postgres", "ALTER ROLE master CREATEROLE");
    expect(await buckets("dev")).toEqual([]);
    await account.deploy(assembly);
    const found = await statuses();
    for (const { name } of await stacksOf("dev")) expect(found[name], name).toBe("CREATE_COMPLETE");
    expect(await stacksOf("dev")).toHaveLength(5);
  });

  it("takes a change of each setting, there and back, without replacing or losing what holds data", async () => {
    const rounds = planRounds(dev);
    expect(new Set(rounds.slice(0, -1).flatMap(({ settings }) => settings))).toEqual(new Set(Object.keys(cases)));
    const stores = ["raw", "data", "artifacts"].map((purpose) =>
      bucketStore(account.aws.url, `avocado-dev-${purpose}-${inAccount}`),
    );
    for (const store of stores) await store.write("kept", store.bucket);
    const asMaster = (text: string) => account.postgres.query(account.postgres.master, "mlflow", text);
    await asMaster("CREATE TABLE kept AS SELECT 'kept' AS text");
    const before = holders(await stacksOf("dev"));
    for (const [i, { settings, config }] of rounds.entries()) {
      await account.deploy(account.synthesise(config, `round-${i}`));
      const changed = settings.length > 3 ? `${settings.length} settings` : settings.join();
      expect(holders(await stacksOf("dev")), changed).toEqual(expect.arrayContaining(before));
      const days = config.logRetentionDays;
      for (const [name, kept] of await logGroups("/avocado/dev/")) expect(kept, `${name} after ${changed}`).toBe(days);
    }
    for (const store of stores) expect(Buffer.from(await store.read("kept")).toString()).toBe(store.bucket);
    expect(await asMaster("SELECT text FROM kept")).toEqual([["kept"]]);
    await asMaster("DROP TABLE kept");
    for (const [name, status] of Object.entries(await statuses()))
      expect(status, name).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);
  }, 900_000);

  it("shares no name with another stage in the same account", async () => {
    await account.deploy(account.synthesise(twin));
    await artifactsOf("dev2").write("serving/champion.json", '{"of":"dev2"}');
    const names = new Set(idsOf(await stacksOf("dev")));
    // These three are names within an API and within the stack.
    const within = ["$default", "$default", "databases"];
    expect(idsOf(await stacksOf("dev2")).filter((id) => names.has(id))).toEqual(within);
  });
});

describe("npm run stage on the registry of a stage", () => {
  const onStage = (command: string, more = "--yes") =>
    account.npm(`${runbookCommand(`npm run stage -- ${command}`, "dev")} ${more}`);
  const asMaster = (database: string, text: string) => account.postgres.query(account.postgres.master, database, text);
  const readNote = async (database: string) => (await asMaster(database, "SELECT text FROM note")).flat();

  beforeAll(async () => {
    // Scaled to zero, as this stage's MLflow is most of the time: the emulator has none to start.
    const ecs = new ECSClient(localClient(account.aws.url));
    await ecs.send(new UpdateServiceCommand({ cluster: "avocado-dev", service: "mlflow", desiredCount: 0 }));
  });

  it("says that there is no copy to bring back", async () => {
    expect(await onStage("restore")).toMatchObject({ code: 1, text: expect.stringContaining("There is no copy") });
  });

  it("brings back a copy in spite of connections that are left, and keeps what it replaced", async () => {
    await asMaster("mlflow", "CREATE TABLE note AS SELECT 'old' AS text");
    await asMaster("postgres", "CREATE DATABASE mlflow_before_0123 OWNER mlflow TEMPLATE mlflow");
    await asMaster("mlflow", "UPDATE note SET text = 'new'");
    const { port, master } = account.postgres;
    const pooled = new Client({ host: "127.0.0.1", port, database: "mlflow_before_0123", ...master });
    pooled.on("error", () => {});
    await pooled.connect();
    const said = await onStage("restore");
    expect(said).toMatchObject({ code: 0, text: expect.stringContaining("Brought back mlflow_before_0123.") });
    const [, replaced = ""] = /kept as (mlflow_replaced_\d+)/.exec(said.text) ?? [];
    expect(await readNote("mlflow")).toEqual(["old"]);
    expect(await readNote(replaced)).toEqual(["new"]);
  });

  it("asks which copy where there are several", async () => {
    await asMaster("postgres", "CREATE DATABASE mlflow_before_4567 OWNER mlflow TEMPLATE mlflow");
    const asked = await onStage("restore");
    expect(asked).toMatchObject({
      code: 1,
      text: expect.stringMatching(/choose one[\s\S]*_before_4567[\s\S]*_replaced_/),
    });
    expect(await onStage("restore", "--yes --copy mlflow_before_4567")).toMatchObject({ code: 0 });
  });

  it("gives the role a new password, which the secret has", async () => {
    const readRole = async () => ({ user: "mlflow", password: await readRolePassword() });
    expect(await onStage("rotate")).toMatchObject({ code: 0 });
    const before = await readRole();
    expect(await account.postgres.query(before, "mlflow", "SELECT 1")).toEqual([[1]]);
    expect(await onStage("rotate")).toMatchObject({ code: 0 });
    expect(await account.postgres.query(await readRole(), "mlflow", "SELECT 1")).toEqual([[1]]);
    await expect(account.postgres.query(before, "mlflow", "SELECT 1")).rejects.toThrow(
      "password authentication failed",
    );
  });
});

describe("npm run stage -- rotate --secret kaggle", () => {
  const rotate = (environment = {}) =>
    account.npm(
      `${runbookCommand("npm run stage -- rotate --stage dev --secret kaggle", "dev")} --yes`,
      "",
      environment,
    );
  const readSecret = (id: string) => readJsonSecret(new SecretsManagerClient(localClient(account.aws.url)), id);

  it("stores what Kaggle's own tools would take, and keeps what else is there", async () => {
    const id = "avocado/dev/kaggle";
    expect(await rotate()).toMatchObject({ code: 1, text: expect.stringContaining("lacks KAGGLE_USERNAME") });
    const first = { KAGGLE_USERNAME: "jane", KAGGLE_KEY: "0123" };
    expect(await rotate(first)).toMatchObject({ code: 0 });
    expect(await readSecret(id)).toEqual(first);
    const tracking = { MLFLOW_TRACKING_USERNAME: "kernel", MLFLOW_TRACKING_PASSWORD: "secret" };
    const secrets = new SecretsManagerClient(localClient(account.aws.url));
    const SecretString = JSON.stringify({ ...first, ...tracking });
    await secrets.send(new PutSecretValueCommand({ SecretId: id, SecretString }));
    const second = { KAGGLE_USERNAME: "jane", KAGGLE_API_TOKEN: "KGAT_new" };
    expect(await rotate(second)).toMatchObject({ code: 0 });
    expect(await readSecret(id)).toEqual({ ...second, ...tracking });
  });
});

describe("npm run stage -- export and import", () => {
  let registry: StandaloneRegistry;
  beforeAll(async () => {
    // A database with other tables is not one that MLflow makes its own in.
    await account.postgres.query(account.postgres.master, "mlflow", "DROP TABLE IF EXISTS note");
    // Both stages made the role of one database: it has the password of the one that changed it last.
    const password = await readRolePassword();
    await account.postgres.query(asOwner, "postgres", `ALTER ROLE mlflow PASSWORD '${password}'`);
    const buckets = { data: `avocado-dev-data-${inAccount}`, artifacts: `avocado-dev-artifacts-${inAccount}` };
    registry = await StandaloneRegistry.start(account, password, buckets);
    for (const stage of ["dev", "dev2"]) await registry.serve(stage);
    const { version } = await trainTinyModel(registry.sandbox, 1);
    await registry.sandbox.mlflow.registry.setAlias("avocado-model", "champion", version);
  }, 240_000);
  afterAll(() => registry?.stop());

  it("move a stage: its champion is published in the other one", async () => {
    const folder = join(account.folder, "export");
    const run = (what: string, stage: string, more = "") => {
      const command = runbookCommand(`npm run stage -- ${what}`, stage).replace("/tmp/avocado-export", folder);
      return account.npm(`${command} --yes ${more}`, "", registry.environment);
    };
    const exported = await run("export", "dev");
    expect(exported).toMatchObject({ code: 0, text: expect.stringContaining("Exported stage 'dev' with") });
    // In the emulator both stages have one database.
    const rejected = await run("import", "dev2");
    expect(rejected).toMatchObject({ code: 1, text: expect.stringContaining("already has models: avocado-model.") });
    const imported = await run("import", "dev2", "--replace");
    expect(imported).toMatchObject({ code: 0, text: expect.stringContaining("The champion is published.") });
    const manifest = JSON.parse(Buffer.from(await artifactsOf("dev2").read("serving/champion.json")).toString());
    expect(manifest).toMatchObject({ modelName: "avocado-model", version: "1" });
    const champion = await registry.sandbox.mlflow.registry.getAlias("avocado-model", "champion");
    expect(champion?.source).toContain(`s3://${artifactsOf("dev2").bucket}/mlflow/`);
    // What follows looks for this.
    await artifactsOf("dev2").write("serving/champion.json", '{"of":"dev2"}');
  });
});

describe("npm run stage -- teardown", () => {
  const tearDown = (stage: string, more = "", input = "") =>
    account.npm(`${runbookCommand("npm run stage -- teardown", stage)} ${more}`, input);

  it("says what goes and deletes nothing until the stage's name is typed", async () => {
    const before = await statuses();
    const asked = await tearDown("dev", "", "dev2\n");
    expect(asked).toMatchObject({ code: 1, text: expect.stringContaining("so nothing was deleted") });
    for (const id of idsOf(await stacksOf("dev"), "AWS::S3::Bucket")) expect(asked.text).toContain(id);
    expect(await tearDown("dev")).toMatchObject({ code: 1, text: expect.stringContaining("No answer was given") });
    expect(await statuses()).toEqual(before);
  });

  it("leaves nothing of the stage, and the other one whole", async () => {
    const sfn = new SFNClient(localClient(account.aws.url));
    const start = async (stage: string) => {
      const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:avocado-${stage}-retraining`;
      return (await sfn.send(new StartExecutionCommand({ stateMachineArn }))).executionArn ?? "";
    };
    await start("dev");
    const versions = artifactsOf("dev");
    for (const text of ["one", "two"]) await versions.write("mlflow/1/model.onnx", text);
    // A log that a Lambda makes itself, in this stage and in the other.
    for (const stage of ["dev", "dev2"])
      await logs.send(new CreateLogGroupCommand({ logGroupName: `/aws/lambda/avocado-${stage}-late` }));
    const ofOther = await stacksOf("dev2");

    const said = await tearDown("dev", "--yes");
    expect(said).toMatchObject({ code: 0, text: expect.stringContaining("Nothing of it is left.") });
    expect(said.text).toContain("Stopped 1 executions");
    expect(Object.keys(await statuses()).filter((name) => name.startsWith("avocado-dev-"))).toEqual([]);
    expect(await buckets("dev")).toEqual([]);
    for (const prefix of ["/avocado/dev/", "/aws/lambda/avocado-dev-", "/aws/vendedlogs/states/avocado-dev-"])
      expect(await logGroups(prefix)).toEqual([]);

    expect(await stacksOf("dev2")).toEqual(ofOther);
    expect(await logGroups("/aws/lambda/avocado-dev2-")).toHaveLength(1);
    expect(await artifactsOf("dev2").head("serving/champion.json")).toBeDefined();
    const executionArn = await start("dev2");
    // It comes as far as without a registry it can.
    await vi.waitFor(
      () => bucketStore(account.aws.url, `avocado-dev2-data-${inAccount}`).read("locks/retraining.json"),
      {
        timeout: 60_000,
        interval: 200,
      },
    );
    expect((await sfn.send(new DescribeExecutionCommand({ executionArn }))).status).toBe("RUNNING");
  });

  it("says that there is nothing to delete", async () => {
    // A Lambda that was busy when it was deleted may have written its log once more.
    await vi.waitFor(async () => expect((await tearDown("dev", "--yes")).text).toContain("It is not deployed."), {
      timeout: 60_000,
      interval: 200,
    });
  });

  it("keeps the data of a stage with 'keepData', and says what that is", async () => {
    const data = (await stacksOf("dev2")).filter(({ name }) => name === "avocado-dev2-data");
    const said = await tearDown("dev2", "--yes");
    expect(said.code).toBe(0);
    const [, kept = ""] = said.text.split("Kept:");
    for (const type of ["AWS::S3::Bucket", "AWS::RDS::DBCluster"])
      for (const id of idsOf(data, type)) expect(kept).toContain(`${type} ${id}`);
    expect(kept).toContain('set "keepData": false in config/dev2.json');
    expect(await stacksOf("dev2")).toEqual(data);
    // Here too, a Lambda that was busy may have written its log once more.
    const again = async () =>
      expect(await tearDown("dev2", "--yes")).toMatchObject({ code: 1, text: expect.stringContaining("protected") });
    await vi.waitFor(again, { timeout: 60_000, interval: 200 });
  });

  it("finds kept data again when the stage is deployed again", async () => {
    await account.deploy(account.synthesise(twin, "again"));
    expect(Buffer.from(await artifactsOf("dev2").read("serving/champion.json")).toString()).toBe('{"of":"dev2"}');
  });

  it("deletes all of it once the stage no longer keeps its data", async () => {
    await account.deploy(account.synthesise({ ...twin, keepData: false }, "unprotected"));
    expect(await tearDown("dev2", "--yes")).toMatchObject({ code: 0 });
    expect([await stacksOf("dev2"), await buckets("dev2"), await logGroups("/avocado/dev2/")]).toEqual([[], [], []]);
  });

  it("leaves the CDK's own assets to the CDK, whose command deletes what no stack uses", async () => {
    const assets = bucketStore(account.aws.url, `cdk-hnb659fds-assets-${inAccount}`);
    expect(await Array.fromAsync(assets.list(""))).not.toEqual([]);
    const [, , ...command] = runbookCommand("npx cdk gc", "dev").split(" ");
    // Assets are of today here, and nobody answers.
    const now = ["--created-buffer-days", "0", "--confirm", "false"];
    await account.cdk([...command, "aws://000000000000/us-east-1", ...now]);
    expect(await Array.fromAsync(assets.list(""))).toEqual([]);
  });
});
