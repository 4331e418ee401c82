import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, CreateStackCommand, ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { examineAccount } from "../../../cli/commands/doctor/before.ts";
import { checkDatabase } from "../../../cli/commands/doctor/deployed/data.ts";
import { checkRules } from "../../../cli/commands/doctor/deployed/triggers.ts";
import { readSettings } from "../../../cli/commands/doctor/settings.ts";
import { idsOf, readStacks } from "../../../cli/commands/stage/stacks.ts";
import { readConfig } from "../../../lib/config.ts";
import { localAws } from "../../../local/ministack.ts";
import { root } from "../../../scripts/setup/paths.ts";
import type { Assembly } from "../../support/assembly.ts";
import { EmulatedAccount, unknownTypes } from "../../support/emulated-account.ts";
import { localClient } from "../../support/ministack.ts";

let account: EmulatedAccount;
let assembly: Assembly;

beforeAll(async () => {
  account = await EmulatedAccount.start();
  assembly = account.synthesise(readConfig("dev", {}));
  await account.deploy(assembly);
}, 600_000);
afterAll(() => account?.stop());

describe("stage dev in the emulator", () => {
  it("deploys, but for what the emulator does not know and for images", async () => {
    const client = new CloudFormationClient(localClient(account.aws.url));
    for (const [stack, resources] of assembly.resources()) {
      const listed = await client.send(new ListStackResourcesCommand({ StackName: `avocado-dev-${stack}` }));
      const found = (listed.StackResourceSummaries ?? []).map((each) => [each.LogicalResourceId, each.ResourceStatus]);
      expect(Object.fromEntries(found), stack).toEqual(
        Object.fromEntries(Object.keys(resources).map((id) => [id, "CREATE_COMPLETE"])),
      );
    }
  });

  it.each(unknownTypes)(
    "leaves out %s because the emulator rejects it, and says so in the documentation",
    async (Type) => {
      const client = new CloudFormationClient(localClient(account.aws.url));
      const TemplateBody = JSON.stringify({ Resources: { One: { Type } } });
      const created = client.send(new CreateStackCommand({ StackName: Type.replaceAll(":", "-"), TemplateBody }));
      await expect(created).rejects.toThrow(`Unrecognized resource types: [${Type}]`);
      expect(readFileSync(join(root, "docs/first-deployment.md"), "utf8")).toContain(`\`${Type}\``);
    },
  );

  it("has made MLflow's database by its own resource", async () => {
    const owner = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = 'mlflow'";
    expect(await account.postgres.query(account.postgres.master, "postgres", owner)).toEqual([["mlflow"]]);
  });
});

describe("the doctor", () => {
  beforeAll(() => {
    for (const [name, value] of Object.entries(localAws(account.aws.url))) vi.stubEnv(name, value);
  });
  const alreadyThere = async () => {
    const target = { config: readSettings("dev"), account: "000000000000", region: "us-east-1" };
    const sections = await examineAccount(target);
    const findings = sections.find(({ title }) => title === "Already there")?.findings ?? [];
    return findings.filter(({ state }) => state !== "ok");
  };

  it("takes nothing that the stage's own stacks made for something in the way", async () => {
    expect(await alreadyThere()).toEqual([]);
  });

  it("finds what no stack of the stage has", async () => {
    const logGroupName = "/avocado/dev/left-over";
    await new CloudWatchLogsClient().send(new CreateLogGroupCommand({ logGroupName }));
    await new SQSClient().send(new CreateQueueCommand({ QueueName: "avocado-dev-left-over" }));
    const found = await alreadyThere();
    expect(found.map(({ check }) => check).sort()).toEqual(["name of a log group", "name of a queue"]);
    expect(found.map(({ advice }) => advice)).toContain(`aws logs delete-log-group --log-group-name ${logGroupName}`);
  });

  it("asks the database through the Data API, waiting for it while it is paused, and the rules for their targets", async () => {
    const stacks = await readStacks(new CloudFormationClient(), "dev");
    const [cluster = ""] = idsOf(stacks, "AWS::RDS::DBCluster");
    account.dataApi.state.resuming = 1;
    expect(await checkDatabase(new RDSClient(), new RDSDataClient(), cluster)).toMatchObject({ state: "ok" });
    const rules = idsOf(stacks, "AWS::Events::Rule");
    expect(await checkRules(new EventBridgeClient(), rules)).toMatchObject({ state: "ok" });
    expect(rules.length).toBeGreaterThan(0);
  });
});

describe("retrainings of the stage, which wait for a registry that does not answer", () => {
  const stateMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:avocado-dev-retraining";
  let sfn: SFNClient;
  beforeAll(() => {
    sfn = new SFNClient(localClient(account.aws.url));
  });

  const start = async () => (await sfn.send(new StartExecutionCommand({ stateMachineArn }))).executionArn ?? "";
  const describeExecution = (executionArn: string) => sfn.send(new DescribeExecutionCommand({ executionArn }));
  /** An execution that has the lock goes on to start the registry; another one ends. */
  const settled = (executionArn: string) =>
    vi.waitFor(
      async () => {
        const { status, output } = await describeExecution(executionArn);
        const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
        const hasLock = events.some(({ stateEnteredEventDetails: entered }) => entered?.name === "Start registry");
        expect(hasLock || status !== "RUNNING").toBe(true);
        return { executionArn, hasLock, status, output: JSON.parse(output ?? "{}") };
      },
      { timeout: 60_000, interval: 200 },
    );

  it("go on one at a time: of two that start at once the other says which one runs", async () => {
    const both = await Promise.all((await Promise.all([start(), start()])).map(settled));
    const [holder, ...more] = both.filter(({ hasLock }) => hasLock);
    expect(more).toEqual([]);
    const other = both.find(({ hasLock }) => !hasLock);
    expect(other).toMatchObject({
      status: "SUCCEEDED",
      output: { outcome: "AlreadyRunning", holder: holder?.executionArn },
    });
    expect(other?.output.reason).toMatch(
      /^Not started: the retraining \S+ has been running since .* one runs at a time/,
    );

    // Aborted, it gives nothing back, and binds nobody.
    await sfn.send(new StopExecutionCommand({ executionArn: holder?.executionArn }));
    expect((await describeExecution(holder?.executionArn ?? "")).status).toBe("ABORTED");
    const next = await settled(await start());
    expect(next.hasLock).toBe(true);
    await sfn.send(new StopExecutionCommand({ executionArn: next.executionArn }));
  });
});
