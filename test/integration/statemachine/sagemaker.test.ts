import { describe, expect, it } from "vitest";
import { failurePath, throws, useMockedMachine } from "../../support/state-machine.ts";
import { dataset, trainedOnSageMaker, training } from "../../support/task-results.ts";

const machine = useMockedMachine();

describe("strategy 'sagemaker'", () => {
  it("trains, collects what the notebook left, and goes on as with any other", async () => {
    const { status, states, output } = await machine.run(trainedOnSageMaker);
    expect(status).toBe("SUCCEEDED");
    expect(output).toMatchObject({ dataset, training });
    expect(states.slice(states.indexOf("Where to train?"), states.indexOf("Promoted?"))).toEqual([
      "Where to train?",
      "Train on GPU",
      "Files to collect?",
      "Collect training",
      "Evaluate model",
    ]);
  });

  it("collects nothing where the model is registered already", async () => {
    const { status, states, output } = await machine.run({
      ...trainedOnSageMaker,
      "Train on GPU": { Return: training },
    });
    expect(status).toBe("SUCCEEDED");
    expect(states).not.toContain("Collect training");
    expect(output.training).toEqual(training);
  });

  it.each(["Train on GPU", "Collect training"])("records that '%s' failed and evaluates nothing", async (task) => {
    const run = await machine.run({ ...trainedOnSageMaker, [task]: throws("TrainingFailed") });
    expect(run.states.slice(run.states.lastIndexOf(task))).toEqual([task, ...failurePath]);
  });
});
