import {
  ConflictException,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RunTaskCommand,
} from "@aws-sdk/client-ecs";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { EcsLauncher } from "../../../aws/ecs-launcher.ts";

const ecs = mockClient(ECSClient);
const message = { runId: "r1", jobKey: "training/r1/job.json", datasetVersion: "v1" };
const launcher = new EcsLauncher(new ECSClient({ region: "us-east-1" }), {
  cluster: "trainers",
  taskDefinition: "trainer",
  container: "Trainer",
  subnets: ["subnet-1"],
  securityGroups: ["sg-1"],
});
const launch = (execution = "arn:one") => launcher.launch(message, execution);
const tokens = () => ecs.commandCalls(RunTaskCommand).map(({ args }) => args[0].input.clientToken);

beforeEach(() => {
  ecs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(RunTaskCommand).resolves({ tasks: [{ taskArn: "task/1" }] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [{ desiredStatus: "RUNNING" }] });
});

describe("EcsLauncher", () => {
  it("starts a task for the run that is told its job", async () => {
    await launch();
    expect(ecs.commandCalls(RunTaskCommand)[0]?.args[0].input).toMatchObject({
      cluster: "trainers",
      taskDefinition: "trainer",
      startedBy: "r1",
      launchType: "FARGATE",
      propagateTags: "TASK_DEFINITION",
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ["subnet-1"], securityGroups: ["sg-1"], assignPublicIp: "ENABLED" },
      },
      overrides: {
        containerOverrides: [{ name: "Trainer", environment: [{ name: "JOB_KEY", value: message.jobKey }] }],
      },
    });
  });

  it("starts none while one runs for this run", async () => {
    ecs.on(ListTasksCommand, { cluster: "trainers", startedBy: "r1" }).resolves({ taskArns: ["task/1"] });
    await launch("arn:redriven");
    expect(tokens()).toEqual([]);
  });

  it("starts another next to one whose container has exited, though ECS still lists it as running", async () => {
    ecs.on(ListTasksCommand).resolves({ taskArns: ["task/1"] });
    ecs
      .on(RunTaskCommand)
      .resolvesOnce({ tasks: [{ taskArn: "task/1" }] })
      .resolves({ tasks: [{ taskArn: "task/2" }] });
    const containers = [{ lastStatus: "STOPPED", exitCode: 1 }];
    ecs.on(DescribeTasksCommand, { tasks: ["task/1"] }).resolves({ tasks: [{ desiredStatus: "RUNNING", containers }] });
    await launch();
    expect(new Set(tokens()).size).toBe(2);
  });

  it("asks twice with the same token, which starts one task, and with another for another execution", async () => {
    await launch();
    await launch();
    await launch("arn:two");
    const [first, second, third] = tokens();
    expect(first).toMatch(/^[\x21-\x7e]{1,64}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it("starts another where the token names a task that has ended", async () => {
    ecs
      .on(RunTaskCommand)
      .resolvesOnce({ tasks: [{ taskArn: "task/ended" }] })
      .resolves({ tasks: [{ taskArn: "task/2" }] });
    ecs.on(DescribeTasksCommand, { tasks: ["task/ended"] }).resolves({ tasks: [{ desiredStatus: "STOPPED" }] });
    await launch();
    expect(new Set(tokens()).size).toBe(2);
  });

  it("starts another where the token belongs to a task of an earlier deployment", async () => {
    ecs
      .on(RunTaskCommand)
      .rejectsOnce(new ConflictException({ message: "other parameters", $metadata: {} }))
      .resolves({ tasks: [{ taskArn: "task/2" }] });
    await launch();
    expect(new Set(tokens()).size).toBe(2);
  });

  it.each(["Capacity is unavailable at this time. Please try again later", "RESOURCE:MEMORY"])(
    "names missing capacity: %s",
    async (reason) => {
      ecs.on(RunTaskCommand).resolves({ tasks: [], failures: [{ reason }] });
      await expect(launch()).rejects.toMatchObject({
        name: "NoTrainerCapacity",
        message: expect.stringContaining(reason),
      });
    },
  );

  it("names a limit of the account as missing capacity, though ECS throws it", async () => {
    ecs
      .on(RunTaskCommand)
      .rejects(new Error("You've reached the limit on the number of vCPUs you can run concurrently"));
    await expect(launch()).rejects.toMatchObject({ name: "NoTrainerCapacity" });
  });

  it("names a fault of ECS's own as transient", async () => {
    ecs.on(RunTaskCommand).rejects(Object.assign(new Error("Service Unavailable"), { $fault: "server" }));
    await expect(launch()).rejects.toMatchObject({ name: "Transient" });
  });

  it("names everything else a trainer that was not started, with ECS's words", async () => {
    ecs.on(RunTaskCommand).rejects(new Error("TaskDefinition is inactive"));
    await expect(launch()).rejects.toMatchObject({
      name: "TrainerNotStarted",
      message: "ECS did not start the trainer: TaskDefinition is inactive",
    });
  });
});
