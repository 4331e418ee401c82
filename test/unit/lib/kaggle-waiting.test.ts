import { describe, expect, it } from "vitest";
import { definition, type State } from "../../support/definition.ts";
import { kaggleLoops } from "../../support/quotas/paths.ts";

const state = (name: string) => definition.States[name] as State;

describe("the loops in which Kaggle is waited for", () => {
  it.each(kaggleLoops)("go from %s through %s and %s, and back", (task, choice, wait) => {
    expect(state(task).Next).toBe(choice);
    const { Default, Choices = [] } = state(choice);
    expect([Default, ...Choices.map(({ Next }) => Next)]).toContain(wait);
    expect(state(wait)).toMatchObject({ Type: "Wait", Next: task });
  });
});
