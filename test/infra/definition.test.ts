import { describe, expect, it } from "vitest";
import { maxPendingSeconds } from "../../aws/sagemaker-launcher.ts";
import { allStates, definition } from "../support/definition.ts";
import { stages, synthesise } from "../support/stages.ts";

const tasks = allStates(definition).filter(([, { Type }]) => Type === "Task");
const substitution = (value: string | undefined) => value?.match(/^\$\{(\w+)\}$/)?.[1];

describe("the definition", () => {
  it.each(tasks)("task '%s' retries with backoff and jitter, catches everything else, and ends in time", (_, task) => {
    expect(task.Retry?.[0]).toMatchObject({ BackoffRate: 2, JitterStrategy: "FULL" });
    expect(task.Catch?.at(-1)?.ErrorEquals).toEqual(["States.ALL"]);
    expect(task.TimeoutSeconds).toEqual(expect.any(Number));
  });

  it.each(["Train", "Train on GPU"])(
    "%s waits for the trainer by token, with a heartbeat shorter than the time-out",
    (state) => {
      const train = definition.States[state];
      expect(train?.Resource).toBe("arn:aws:states:::lambda:invoke.waitForTaskToken");
      expect(train?.HeartbeatSeconds).toBeLessThan(train?.TimeoutSeconds as number);
    },
  );

  it("gives a training on a GPU longer for its first heartbeat than it may wait for its machine", () => {
    expect(definition.States["Train on GPU"]?.HeartbeatSeconds).toBeGreaterThan(maxPendingSeconds);
  });

  it("repeats a training whose trainer failed only when that trainer is gone, so never at once", () => {
    const retry = definition.States.Train?.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes("Transient"));
    expect(retry).toMatchObject({ ErrorEquals: ["Transient"], IntervalSeconds: 90, JitterStrategy: "NONE" });
  });

  it("keeps to what every interpreter of a distributed map understands", () => {
    const map = definition.States["Preprocess shards"];
    expect(map?.Items).toBe("{% $states.input %}");
    for (const field of ["ItemSelector", "Output", "Assign", "ItemReader"]) expect(map).not.toHaveProperty(field);
    expect(map?.MaxConcurrency).toEqual(expect.any(Number));
  });

  it("gives every Lambda more time than the Lambda gives itself", () => {
    const functions = synthesise("prod").resources("AWS::Lambda::Function");
    for (const [name, task] of tasks.filter(([, { Arguments }]) => Arguments?.FunctionName)) {
      const step = substitution(task.Arguments?.FunctionName);
      const found = functions.find(([id]) => id.startsWith(`Steps${step}Function`));
      expect(task.TimeoutSeconds, name).toBeGreaterThan(found?.[1].Properties.Timeout);
    }
  });
});

describe.each(stages)("the state machine of stage %s", (stage) => {
  const { resources } = synthesise(stage);
  const [, machine] = resources("AWS::StepFunctions::StateMachine")[0] ?? [];
  const role = machine?.Properties.RoleArn["Fn::GetAtt"][0];
  const granted = resources("AWS::IAM::Policy")
    .filter(([, { Properties }]) => Properties.Roles.some(({ Ref: name }: { Ref: string }) => name === role))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .flatMap(({ Action, Resource: resource }) =>
      [Action].flat().flatMap((action) => [resource].flat().map((item) => `${action} ${JSON.stringify(item)}`)),
    );

  it("may call every function and topic that the definition names, and nothing else", () => {
    const names = [
      ...new Set(tasks.map(([, { Arguments }]) => substitution(Arguments?.FunctionName ?? Arguments?.TopicArn))),
    ];
    const needed = names.map((name) => {
      const arn = JSON.stringify(machine?.Properties.DefinitionSubstitutions[name as string]);
      return `${name === "Topic" ? "sns:Publish" : "lambda:InvokeFunction"} ${arn}`;
    });
    const calls = granted.filter((grant) => /^(lambda|sns):/.test(grant));
    expect(calls.sort()).toEqual(needed.sort());
  });

  it("may start, describe, stop and redrive the children of its distributed map", () => {
    const own = granted.filter((grant) => grant.startsWith("states:")).map((grant) => grant.split(" ")[0]);
    expect(own.sort()).toEqual([
      "states:DescribeExecution",
      "states:RedriveExecution",
      "states:StartExecution",
      "states:StopExecution",
    ]);
  });

  it("is traced, and logs everything that happens in it, but no data: task tokens are among them", () => {
    expect(machine?.Properties.TracingConfiguration).toEqual({ Enabled: true });
    expect(machine?.Properties.LoggingConfiguration).toMatchObject({ Level: "ALL", IncludeExecutionData: false });
  });

  it("names the secret of Kaggle's credentials as it is, for the local AWS cannot take an ARN apart", () => {
    const { KaggleSecret } = synthesise(stage).template("pipeline").toJSON().Outputs;
    expect(KaggleSecret.Value).toBe(`avocado/${stage}/kaggle`);
  });

  it("tells where it is, and where trainings wait", () => {
    const outputs = synthesise(stage).template("pipeline").toJSON().Outputs;
    const own = Object.keys(outputs).filter((name) => !name.startsWith("Exports"));
    const queue = stage === "local" ? ["TrainingQueueUrl"] : [];
    expect(own.sort()).toEqual(["KaggleSecret", "StateMachineArn", "TopicArn", ...queue]);
  });
});
