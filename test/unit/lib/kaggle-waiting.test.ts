import { describe, expect, it } from "vitest";
import { kaggleWaiting } from "../../../lib/config.ts";
import { definition, type State } from "../../support/definition.ts";

/** Of a Standard execution: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const eventsOfExecution = 25_000;
const state = (name: string) => definition.States[name] as State;
const retriesOf = ({ Retry = [] }: State) => Retry.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);

/**
 * Events of one pass through a state: it is entered and left; a task is also scheduled, started, and has succeeded, and each
 * attempt before that was scheduled, started, and failed.
 */
const eventsOf = (name: string, failedAttempts = 0) => 2 + (state(name).Type === "Task" ? 3 + 3 * failedAttempts : 0);

/** The states of a loop from one of them back to it. */
const loops = [
  ["Upload data set", "Data set ready?", "Wait for the data set"],
  ["Check kernel", "Kernel over?", "Wait for the kernel"],
];
const looping = loops.flat();

describe("the loops in which Kaggle is waited for", () => {
  it.each(loops)("go from %s through %s and %s, and back", (task, choice, wait) => {
    expect(state(task).Next).toBe(choice);
    expect(state(choice).Default).toBe(wait);
    expect(state(wait)).toMatchObject({ Type: "Wait", Next: task });
  });

  it("leave room for every other event of an execution, with each of its retries", () => {
    const turn = Math.max(...loops.map((loop) => loop.reduce((sum, name) => sum + eventsOf(name), 0)));
    const once = Object.keys(definition.States).reduce((sum, name) => sum + eventsOf(name, retriesOf(state(name))), 0);
    // A turn more for each patience, which ends with the look after it.
    expect((kaggleWaiting.looks + 3) * turn + once).toBeLessThan(eventsOfExecution);
  });

  it("end before the state machine does, however long its other tasks take", () => {
    const others = Object.entries(definition.States).filter(
      ([name, { Type }]) => Type === "Task" && name !== "Train" && !looping.includes(name),
    );
    const seconds = others.reduce((sum, [, { TimeoutSeconds = 0 }]) => sum + TimeoutSeconds, 0);
    expect(kaggleWaiting.hours * 3600 + seconds).toBeLessThan(definition.TimeoutSeconds as number);
  });
});
