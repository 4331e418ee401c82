import { readFileSync } from "node:fs";

/** A state of the pipeline's definition, as far as tests look at it. */
export interface State {
  Type: string;
  Resource?: string;
  Arguments?: { FunctionName?: string; TopicArn?: string };
  TimeoutSeconds?: number;
  HeartbeatSeconds?: number;
  Retry?: {
    ErrorEquals: string[];
    MaxAttempts: number;
    IntervalSeconds?: number;
    MaxDelaySeconds?: number;
    JitterStrategy?: string;
    BackoffRate?: number;
  }[];
  Catch?: { ErrorEquals: string[]; Next: string; Output?: string }[];
  Output?: unknown;
  Assign?: Record<string, unknown>;
  Choices?: { Next: string }[];
  Default?: string;
  Next?: string;
  Items?: string;
  MaxConcurrency?: number;
  ItemProcessor?: Machine;
}

/** States that follow one another: the whole definition, or what a map does with each item. */
export interface Machine {
  QueryLanguage?: string;
  TimeoutSeconds?: number;
  StartAt: string;
  States: Record<string, State>;
}

/** The definition of the retraining, before names of resources are put in. */
export const definition: Machine = JSON.parse(
  readFileSync(new URL("../../statemachines/retraining.asl.json", import.meta.url), "utf8"),
);

/** All states of a machine, those inside maps too. */
export function allStates({ States }: Machine): [name: string, state: State][] {
  return Object.entries(States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.ItemProcessor ? allStates(state.ItemProcessor) : []),
  ]);
}

/** One way through one state: where it leads, and by which error how many times in a row, where it fails. */
export function pathOf(from: string, to = "the end", error?: string, times = 0): string {
  return `${from}${error ? ` (${error}, ${times}x)` : ""} -> ${to}`;
}

/** The errors that a task can meet, as its definition tells them apart, and how often each is met before it is caught. */
export function failuresOf({ Retry = [], TimeoutSeconds, HeartbeatSeconds }: State): [error: string, times: number][] {
  return [
    ...Retry.flatMap(({ ErrorEquals, MaxAttempts }) =>
      ErrorEquals.map((error) => [error, MaxAttempts + 1] as [string, number]),
    ),
    ["Unforeseen", 1],
    ...(TimeoutSeconds ? [["States.Timeout", 1] as [string, number]] : []),
    ...(HeartbeatSeconds ? [["States.HeartbeatTimeout", 1] as [string, number]] : []),
  ];
}

/** Every way through every state of a machine: each Next, each rule and Default of a Choice, each Retry and Catch by error. */
export function pathsOf({ States }: Machine): string[] {
  return Object.entries(States).flatMap(([name, state]) => {
    const { Next, Default, Choices = [], Catch = [] } = state;
    const onward = [...(Choices.length > 0 ? [Default] : [Next]), ...Choices.map((choice) => choice.Next)];
    const caught = (error: string) =>
      Catch.find(({ ErrorEquals: [first] }) => first === error || first === "States.ALL");
    const failed =
      state.Type === "Task"
        ? failuresOf(state).map(([error, times]) => pathOf(name, caught(error)?.Next, error, times))
        : Catch.map((catcher) => pathOf(name, catcher.Next));
    return [...onward.map((to) => pathOf(name, to)), ...failed];
  });
}
