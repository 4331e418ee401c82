import { describe, expect, it } from "vitest";
import { grantsOf } from "../support/grants.ts";
import { stages, synthesise } from "../support/stages.ts";

const cloud = stages.filter((stage) => stage !== "local");
const only = <T>(list: [string, T][]): T => {
  expect(list).toHaveLength(1);
  return (list[0] as [string, T])[1];
};

describe.each(cloud)("the trainer of stage %s", (stage) => {
  const { resources } = synthesise(stage);
  const task = only(
    resources("AWS::ECS::TaskDefinition").filter(([, { Properties }]) => /-trainer$/.test(Properties.Family)),
  );
  const [container] = task.Properties.ContainerDefinitions;

  it("runs on Fargate as no root, and has two minutes to say that it was stopped", () => {
    expect(task.Properties.RequiresCompatibilities).toEqual(["FARGATE"]);
    expect(container).toMatchObject({ User: "node", StopTimeout: 120 });
    expect(container.LogConfiguration.LogDriver).toBe("awslogs");
  });

  it("has the tags of its stage, which are handed to its tasks", () => {
    expect(task.Properties.Tags).toContainEqual({ Key: "stage", Value: stage });
  });

  it("may read the backbones that are laid into the data bucket", () => {
    const { TaskRoleArn } = task.Properties;
    const grants = grantsOf(synthesise(stage), TaskRoleArn["Fn::GetAtt"][0]).map(
      ({ action, resource }) => `${action} ${resource}`,
    );
    expect(grants).toContainEqual(expect.stringMatching(/^s3:GetObject .*-data-.*\/backbones\/\*$/));
  });

  it("is told no secret", () => {
    const names = container.Environment.map(({ Name }: { Name: string }) => Name).sort();
    expect(names).toEqual(["ARTIFACT_BUCKET", "AWS_REGION", "DATA_BUCKET", "MLFLOW_AUTH", "MLFLOW_TRACKING_URI"]);
  });

  it("can be called by nobody and calls out over TLS alone", () => {
    const group = only(
      resources("AWS::EC2::SecurityGroup").filter(([, { Properties }]) => Properties.GroupDescription === "Trainers"),
    );
    expect(group.Properties.SecurityGroupIngress).toBeUndefined();
    expect(group.Properties.SecurityGroupEgress).toMatchObject([{ IpProtocol: "tcp", FromPort: 443, ToPort: 443 }]);
  });

  it("is started with its own roles and no other, in its own cluster", () => {
    const statements = resources("AWS::IAM::Policy")
      .filter(([id]) => id.startsWith("StepsStartTraining"))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
    const pass = statements.find(({ Action }) => Action === "iam:PassRole");
    expect(pass.Resource).toHaveLength(2);
    expect(pass.Condition).toEqual({ StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } });
    const tag = statements.find(({ Action }) => Action === "ecs:TagResource");
    expect(tag.Condition).toEqual({ StringEquals: { "ecs:CreateAction": "RunTask" } });
    for (const action of ["ecs:RunTask", "ecs:ListTasks"]) {
      const statement = statements.find(({ Action }) => Action === action);
      expect(Object.keys(statement.Condition.ArnEquals)).toEqual(["ecs:cluster"]);
    }
  });

  it("that ends in any way is reported to the Lambda that fails its state", () => {
    const rule = only(
      resources("AWS::Events::Rule").filter(([, { Properties }]) => Properties.EventPattern?.source?.[0] === "aws.ecs"),
    );
    expect(rule.Properties.EventPattern).toMatchObject({
      "detail-type": ["ECS Task State Change"],
      detail: { lastStatus: ["STOPPED"] },
    });
    expect(JSON.stringify(rule.Properties.Targets)).toContain("TrainerStopped");
  });
});

describe("what starts a retraining by itself", () => {
  const schedules = (stage: string) => synthesise(stage).resources("AWS::Scheduler::Schedule");
  const newData = (stage: string) =>
    synthesise(stage)
      .resources("AWS::Events::Rule")
      .filter(([, { Properties }]) => Properties.EventPattern?.source?.[0] === "aws.s3");

  it.each(["local", "dev"])("is nothing in stage %s", (stage) => {
    expect([...schedules(stage), ...newData(stage)]).toEqual([]);
  });

  it("is in prod the clock, in the time zone of the stage's file", () => {
    expect(only(schedules("prod")).Properties).toMatchObject({
      ScheduleExpression: "cron(0 3 ? * MON *)",
      ScheduleExpressionTimezone: "Etc/UTC",
      State: "ENABLED",
    });
  });

  it("is in prod new data as well, and both start the same state machine", () => {
    const { resources } = synthesise("prod");
    const [machine] = resources("AWS::StepFunctions::StateMachine").map(([id]) => id);
    expect(only(schedules("prod")).Properties.Target.Arn).toEqual({ Ref: machine });
    const start = only(
      resources("AWS::Lambda::Function").filter(([, { Properties }]) =>
        /start-on-new-data$/.test(Properties.FunctionName),
      ),
    );
    expect(start.Properties.Environment.Variables).toMatchObject({
      STATE_MACHINE_ARN: { Ref: machine },
      QUIET_MINUTES: "15",
    });
  });

  it("takes no probe of the doctor for new data", () => {
    const { detail } = only(newData("prod")).Properties.EventPattern;
    expect(detail.object.key).toEqual([{ "anything-but": { prefix: "doctor/" } }]);
  });

  it("lets new data wait as long as it must be quiet, and loses no message", () => {
    expect(newData("prod")).toHaveLength(1);
    const queue = only(
      synthesise("prod")
        .resources("AWS::SQS::Queue")
        .filter(([, { Properties }]) => Properties.QueueName === "avocado-prod-new-data"),
    );
    expect(queue.Properties).toMatchObject({ DelaySeconds: 900, RedrivePolicy: { maxReceiveCount: 300 } });
    const raw = only(
      synthesise("prod")
        .resources("AWS::S3::Bucket")
        .filter(([, { Properties }]) => JSON.stringify(Properties.BucketName).includes("avocado-prod-raw")),
    );
    expect(raw.Properties.NotificationConfiguration).toEqual({
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
  });
});
