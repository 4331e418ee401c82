import { describe, expect, it } from "vitest";
import { validateInput } from "../../../core/contracts/execution.ts";
import { maxShardItems, nothingTrained } from "../../../core/contracts/pipeline.ts";
import { answers, failurePath, throws, useMockedMachine } from "../../support/state-machine.ts";
import {
  dataset,
  deployment,
  evaluation,
  notPromoted,
  plan,
  trainedByTask,
  training,
} from "../../support/task-results.ts";

const machine = useMockedMachine();

describe("a run in which all goes well", () => {
  it("goes from data to a deployed champion and leaves what happened", async () => {
    const { status, output, states } = await machine.run(trainedByTask);
    expect(status).toBe("SUCCEEDED");
    expect(output).toEqual({ input: validateInput({}), dataset, training, evaluation, deployment });
    expect(states).toEqual([
      "Validate input",
      "Acquire lock",
      "Lock acquired?",
      "Start registry",
      "Dry run?",
      "New data?",
      "Fetch data",
      "Any raw data?",
      "Plan dataset",
      "Already prepared?",
      "Select shards",
      "Preprocess shards",
      "First failure",
      "Every shard made?",
      "Assemble dataset",
      "Where to train?",
      "Train",
      "Evaluate model",
      "Promoted?",
      "Deploy model",
      "Notify",
      "Summarize",
      "Release lock",
      "Done",
    ]);
  });

  it("tells people what was promoted and why", async () => {
    const mail = await machine.mailOf(await machine.run(trainedByTask));
    expect(mail.subject).toBe("Avocado model 4 promoted");
    expect(mail.message).toMatch(/^Version 4 is promoted: it is better\.\n\nDataset: 0123456789abcdef, 2 labelled/);
    expect(mail.message).toContain("API: The API serves version 4.");
  });

  it("succeeds though nobody can be told", async () => {
    const { status, output } = await machine.run({ ...trainedByTask, Notify: throws("SNS.NotFoundException") });
    expect(status).toBe("SUCCEEDED");
    expect(output.deployment).toEqual(deployment);
  });
});

describe("the choices", () => {
  it("without new data: takes the newest dataset and fetches nothing", async () => {
    const input = answers(validateInput({ newData: false }));
    const { states, output } = await machine.run({ ...trainedByTask, "Validate input": input });
    expect(states.slice(4, 10)).toEqual([
      "Dry run?",
      "New data?",
      "Find dataset",
      "Any dataset?",
      "Where to train?",
      "Train",
    ]);
    expect(output.dataset).toEqual(dataset);
  });

  it("a dry run: checks input, lock and MLflow, gives the lock back, trains nothing and notifies nobody", async () => {
    const input = answers(validateInput({ dryRun: true }));
    const run = await machine.run({ ...trainedByTask, "Validate input": input });
    expect(run.status).toBe("SUCCEEDED");
    expect(run.states).toEqual([
      "Validate input",
      "Acquire lock",
      "Lock acquired?",
      "Start registry",
      "Dry run?",
      "Release lock",
      "Done",
    ]);
    expect(run.output).toMatchObject({ outcome: "DryRun", input: { dryRun: true } });
    expect(nothingTrained.parse(run.output).reason).toMatch(/^Dry run: /);
    await expect(machine.mailOf(run, 2)).rejects.toThrow("Nobody was told");
  });

  it("another retraining that runs: touches nothing, fails nothing, and says which one it is", async () => {
    const other = { acquired: false, holder: "arn:other", reason: "Not started: other runs." };
    const run = await machine.run({ ...trainedByTask, "Acquire lock": answers(other) });
    const { states, status, output } = run;
    expect(status).toBe("SUCCEEDED");
    expect(states).toEqual(["Validate input", "Acquire lock", "Lock acquired?", "Already running", "Done"]);
    expect(output).toEqual({ outcome: "AlreadyRunning", holder: "arn:other", reason: "Not started: other runs." });
    await expect(machine.mailOf(run, 2)).rejects.toThrow("Nobody was told");
  });

  it.each([
    ["Fetch data", true],
    ["Find dataset", false],
  ])(
    "no data yet, as '%s' finds: fails nothing, tells nobody, gives the lock back, and says why",
    async (task, newData) => {
      const nothing = { outcome: "NoData", reason: "There is no raw data: upload a zip." };
      const input = answers(validateInput({ newData }));
      const run = await machine.run({ ...trainedByTask, "Validate input": input, [task]: answers(nothing) });
      expect(run).toMatchObject({ status: "SUCCEEDED", output: nothing });
      expect(run.states.slice(-4)).toEqual([task, expect.stringMatching(/^Any /), "Release lock", "Done"]);
      await expect(machine.mailOf(run, 2)).rejects.toThrow("Nobody was told");
    },
  );

  it("a dataset that is there already: processes nothing", async () => {
    const done = answers({ ...plan, done: true, items: [] });
    const { states, status } = await machine.run({ ...trainedByTask, "Plan dataset": done });
    expect(status).toBe("SUCCEEDED");
    expect(states).not.toContain("Preprocess shards");
    expect(states).toContain("Assemble dataset");
  });

  it("nothing left to process, but not put together yet: goes on", async () => {
    const nothing = answers({ ...plan, done: false, items: [] });
    expect((await machine.run({ ...trainedByTask, "Plan dataset": nothing })).status).toBe("SUCCEEDED");
  });

  it("a challenger that is no better: deploys nothing and tells why", async () => {
    const worse = answers(notPromoted);
    const run = await machine.run({ ...trainedByTask, "Evaluate model": worse });
    expect(run.status).toBe("SUCCEEDED");
    expect(run.states).not.toContain("Deploy model");
    expect(run.output.deployment).toBeNull();
    const mail = await machine.mailOf(run);
    expect(mail.subject).toBe("Avocado model 4 not promoted");
    expect(mail.message).toContain("Version 4 is not promoted: it is worse.");
    expect(mail.message).toContain("The API keeps serving the model that it has.");
  });
});

describe("a failure", () => {
  it.each([
    ["Validate input", "InvalidInput"],
    ["Acquire lock", "AccessDenied"],
    ["Start registry", "RegistryRejected"],
    ["Start registry", "States.Timeout"],
    ["Fetch data", "InvalidDataset"],
    ["Plan dataset", "InvalidDataset"],
    ["Assemble dataset", "States.Timeout"],
    ["Train", "TrainerStopped"],
    ["Train", "States.HeartbeatTimeout"],
    ["Evaluate model", "InvalidModel"],
    ["Deploy model", "NotFound"],
  ])("of '%s' by %s is recorded at once, told, and fails the execution with its reason", async (task, error) => {
    const run = await machine.run({ ...trainedByTask, [task]: throws(error) });
    expect(run).toMatchObject({ status: "FAILED", error: "Recorded", cause: "The reason in words." });
    expect(run.states.slice(run.states.lastIndexOf(task))).toEqual([task, ...failurePath]);
    const mail = await machine.mailOf(run);
    expect(mail.subject).toBe("Avocado retraining failed");
    expect(mail.message).toMatch(/^Recorded: The reason in words\./);
  });

  it("of a registry that stays away, which nothing can be recorded in, fails the execution by its own name", async () => {
    const mocks = {
      ...trainedByTask,
      "Start registry": throws("RegistryUnavailable", "MLflow did not answer."),
      "Record failure": throws("Transient"),
    };
    const run = await machine.run(mocks);
    const { error, cause, states } = run;
    expect({ error, cause }).toEqual({ error: "RegistryUnavailable", cause: "MLflow did not answer." });
    expect(states.slice(-3)).toEqual(["Notify failure", "Release lock after failure", "Failed"]);
    expect((await machine.mailOf(run)).message).toMatch(/^RegistryUnavailable: MLflow did not answer\./);
  });

  it("of 'Find dataset' is recorded too", async () => {
    const input = answers(validateInput({ newData: false }));
    const mocks = { ...trainedByTask, "Validate input": input, "Find dataset": throws("NotFound") };
    expect((await machine.run(mocks)).states).toContain("Record failure");
  });

  it("of one shard fails the execution with the shard's own error", async () => {
    const mocks = {
      ...trainedByTask,
      "Preprocess shard": throws("InvalidDataset", "shard 1 is broken"),
      "Record failure": throws("Any"),
    };
    const { status, error, cause, states } = await machine.run(mocks);
    expect({ status, error, cause }).toEqual({ status: "FAILED", error: "InvalidDataset", cause: "shard 1 is broken" });
    expect(states).not.toContain("Assemble dataset");
  });

  it("of every shard of the largest plan, by a Lambda with much to say, stays below what a state can carry", async () => {
    const errorMessage = `"${"Pho\u0301tographie \u{1f951}\\\n".repeat(200)}"`;
    const cause = JSON.stringify({ errorType: "InvalidDataset", errorMessage, trace: ["at ".repeat(100)] });
    const failing = { ...trainedByTask, "Preprocess shard": throws("E".repeat(200), cause) };
    const { inputs } = await machine.run(failing);
    const results = inputs["First failure"] ?? "";
    expect(JSON.parse(results)).toHaveLength(plan.items.length);
    const bytesOfOne = Buffer.byteLength(results) / plan.items.length;
    expect(bytesOfOne * maxShardItems).toBeLessThan(256 * 1024);
  });

  it("of one shard keeps the words of the Lambda, and of one that gave no cause its name", async () => {
    const cause = JSON.stringify({ errorType: "InvalidDataset", errorMessage: "shard 1 is broken", trace: ["at"] });
    const mocks = { ...trainedByTask, "Record failure": throws("Any") };
    const thrown = await machine.run({ ...mocks, "Preprocess shard": throws("InvalidDataset", cause) });
    expect(thrown).toMatchObject({ error: "InvalidDataset", cause: "shard 1 is broken" });
    const silent = await machine.run({ ...mocks, "Preprocess shard": throws("States.Timeout", "") });
    expect(silent).toMatchObject({ status: "FAILED", error: "States.Timeout" });
  });

  it("that cannot be recorded still fails the execution with what happened first", async () => {
    const mocks = {
      ...trainedByTask,
      "Fetch data": throws("InvalidDataset", "no data.csv"),
      "Record failure": throws("Transient"),
    };
    const run = await machine.run(mocks);
    const { error, cause, states } = run;
    expect({ error, cause }).toEqual({ error: "InvalidDataset", cause: "no data.csv" });
    expect(states.slice(-3)).toEqual(["Notify failure", "Release lock after failure", "Failed"]);
  });

  it("that nobody can be told of still fails the execution with its reason", async () => {
    const mocks = {
      ...trainedByTask,
      "Fetch data": throws("InvalidDataset"),
      "Notify failure": throws("SNS.NotFoundException"),
    };
    expect(await machine.run(mocks)).toMatchObject({ status: "FAILED", error: "Recorded" });
  });
});

describe("a lock that cannot be given back", () => {
  it("does not spoil a success", async () => {
    const { status, output } = await machine.run({ ...trainedByTask, "Release lock": throws("AccessDenied") });
    expect(status).toBe("SUCCEEDED");
    expect(output.deployment).toEqual(deployment);
  });

  it("does not hide a failure", async () => {
    const mocks = {
      ...trainedByTask,
      "Fetch data": throws("InvalidDataset"),
      "Release lock after failure": throws("AccessDenied"),
    };
    expect(await machine.run(mocks)).toMatchObject({ status: "FAILED", error: "Recorded" });
  });
});

describe("what is retried", () => {
  const attemptsOf = async (error: string) => {
    const failing = await machine.run({
      ...trainedByTask,
      "Validate input": throws(error),
      "Notify failure": { Return: {} },
    });
    expect(failing.status).toBe("FAILED");
    return failing.attempts;
  };

  it.each([
    "Transient",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
  ])("%s: five times", async (error) => {
    expect(await attemptsOf(error)).toBe(6);
  });

  it.each(["NoTrainerCapacity", "TrainerInterrupted"])("%s of the trainer: three times", async (error) => {
    const before = (await machine.run({ ...trainedByTask, Train: throws("TrainerDied") })).attempts;
    expect((await machine.run({ ...trainedByTask, Train: throws(error) })).attempts).toBe(before + 3);
  });

  it("RegistryUnavailable, for want of capacity perhaps: once", async () => {
    const mocks = { ...trainedByTask, "Start registry": throws("RegistryUnavailable") };
    const once = (await machine.run({ ...trainedByTask, "Start registry": throws("RegistryRejected") })).attempts;
    expect((await machine.run(mocks)).attempts).toBe(once + 1);
  });

  it.each([
    "InvalidInput",
    "InvalidDataset",
    "InvalidModel",
    "NotFound",
    "RegistryRejected",
    "States.Timeout",
    "Runtime.HandlerError",
  ])("%s: never, for it would be the same again", async (error) => {
    expect(await attemptsOf(error)).toBe(1);
  });
});
