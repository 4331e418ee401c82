import { createHash } from "node:crypto";
import {
  ConflictException,
  DescribeTasksCommand,
  type ECSClient,
  type Failure,
  ListTasksCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
} from "@aws-sdk/client-ecs";
import type { Launcher, LaunchMessage } from "../core/contracts/training.ts";
import { errorMessage, NamedError } from "../core/errors.ts";
import { describeRejection, notStarted } from "./capacity.ts";

/** Where trainers run and what they are made of. */
export interface EcsSettings {
  cluster: string;
  /** ARN of the task definition. */
  taskDefinition: string;
  /** Name of the container in it. */
  container: string;
  subnets: string[];
  securityGroups: string[];
}

/** Starts trainers as ECS tasks: for each run one at a time, however often it is asked. */
export class EcsLauncher implements Launcher {
  private readonly client: ECSClient;
  private readonly settings: EcsSettings;

  constructor(client: ECSClient, settings: EcsSettings) {
    this.client = client;
    this.settings = settings;
  }

  /**
   * Makes sure that a task for the run is running. One that is found takes the new task token from its job by itself.
   * @throws NamedError `NoTrainerCapacity`, `TrainerNotStarted` or `Transient`
   */
  async launch(message: LaunchMessage, executionArn: string): Promise<void> {
    if (await this.isRunning(message.runId)) return;
    // With the same token ECS answers with the task that it started before. That is what a repeated call wants, unless
    // the task has ended meanwhile: then the next token starts another.
    for (let attempt = 0; attempt < 20; attempt++) {
      const task = await this.runTask(message, tokenOf(message.runId, executionArn, attempt));
      if (task !== undefined && !(await this.hasEnded(task))) return;
    }
    throw new NamedError(
      notStarted,
      "The trainer of this run was started 20 times in this execution, and ended each time",
    );
  }

  private async isRunning(runId: string): Promise<boolean> {
    const { cluster } = this.settings;
    const { taskArns = [] } = await this.client.send(new ListTasksCommand({ cluster, startedBy: runId }));
    const ended = await Promise.all(taskArns.map((task) => this.hasEnded(task)));
    return ended.includes(false);
  }

  /** The task of the token; undefined when the token belongs to one of an earlier deployment, which has ended. */
  private async runTask({ runId, jobKey }: LaunchMessage, clientToken: string): Promise<string | undefined> {
    const { cluster, taskDefinition, container, subnets, securityGroups } = this.settings;
    const network = { subnets, securityGroups, assignPublicIp: "ENABLED" } as const;
    const input: RunTaskCommandInput = {
      cluster,
      taskDefinition,
      clientToken,
      startedBy: runId,
      // Of project and stage, for the bill.
      propagateTags: "TASK_DEFINITION",
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: network },
      overrides: { containerOverrides: [{ name: container, environment: [{ name: "JOB_KEY", value: jobKey }] }] },
    };
    const answer = await this.client.send(new RunTaskCommand(input)).catch((cause: unknown) => {
      if (cause instanceof ConflictException) return undefined;
      throw describeRejection("ECS", errorMessage(cause), cause);
    });
    if (!answer) return undefined;
    const arn = answer.tasks?.[0]?.taskArn;
    if (arn) return arn;
    throw describeRejection("ECS", describe(answer.failures));
  }

  private async hasEnded(task: string): Promise<boolean> {
    const { cluster } = this.settings;
    const { tasks = [] } = await this.client.send(new DescribeTasksCommand({ cluster, tasks: [task] }));
    // One that ECS does not know yet has not ended. One whose container has exited has, though ECS goes on to list it as
    // running until it has taken the task down: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
    const { desiredStatus, containers = [] } = tasks[0] ?? {};
    return desiredStatus === "STOPPED" || containers.some(({ lastStatus }) => lastStatus === "STOPPED");
  }
}

/** At most 64 characters. */
function tokenOf(runId: string, executionArn: string, attempt: number): string {
  return createHash("sha256")
    .update(JSON.stringify([runId, executionArn, attempt]))
    .digest("hex");
}

function describe(failures: Failure[] = []): string {
  const said = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(": ")).join("; ");
  return said || "it gave no reason";
}
