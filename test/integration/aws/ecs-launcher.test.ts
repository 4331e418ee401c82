import { randomUUID } from "node:crypto";
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { beforeEach, describe, expect, inject, it } from "vitest";
import { EcsLauncher } from "../../../aws/ecs-launcher.ts";
import { localClient } from "../../support/ministack.ts";

const ecs = new ECSClient(localClient(inject("services").aws));
const message = { runId: "r1", jobKey: "training/r1/job.json", datasetVersion: "v1" };
let cluster: string;
let launcher: EcsLauncher;

beforeEach(async () => {
  cluster = `trainers-${randomUUID().slice(0, 8)}`;
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: cluster,
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      containerDefinitions: [{ name: "Trainer", image: "trainer" }],
    }),
  );
  const network = { subnets: ["subnet-1"], securityGroups: ["sg-1"] };
  launcher = new EcsLauncher(ecs, { cluster, taskDefinition: cluster, container: "Trainer", ...network });
});

async function running(): Promise<string[]> {
  return (await ecs.send(new ListTasksCommand({ cluster, startedBy: "r1" }))).taskArns ?? [];
}

describe("EcsLauncher", () => {
  it("starts one task for a run however often it is asked, and another once that one has ended", async () => {
    await launcher.launch(message, "arn:one");
    const [first = ""] = await running();
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [first] }));
    const environment = [{ name: "JOB_KEY", value: message.jobKey }];
    expect(tasks?.[0]?.overrides?.containerOverrides).toMatchObject([{ name: "Trainer", environment }]);

    await launcher.launch(message, "arn:one");
    await launcher.launch(message, "arn:redriven");
    expect(await running()).toEqual([first]);

    await ecs.send(new StopTaskCommand({ cluster, task: first }));
    await launcher.launch(message, "arn:one");
    expect(await running()).toEqual([expect.not.stringMatching(first)]);
  });

  it("says by name that it could not be started", async () => {
    const network = { subnets: ["subnet-1"], securityGroups: ["sg-1"] };
    const lost = new EcsLauncher(ecs, { cluster, taskDefinition: "gone", container: "Trainer", ...network });
    await expect(lost.launch(message, "arn:one")).rejects.toMatchObject({ name: "TrainerNotStarted" });
  });
});
