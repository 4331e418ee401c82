import { kaggleWaiting } from "../../../lib/config.ts";
import type { Machine, State } from "../definition.ts";
import { heaviestPath, kaggleLoops } from "./paths.ts";

const retriesOf = ({ Retry = [] }: State) => Retry.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);

/**
 * Events of one pass through a state: it is entered and left; a task is also scheduled, started, and has succeeded, and each
 * attempt before that was scheduled, started, and failed. A task with a token is submitted too. A distributed map is started
 * and over, and so is its run; what happens in its children is in their own histories.
 */
function eventsOf(state: State, failedAttempts = retriesOf(state)): number {
  const perAttempt = state.Resource?.endsWith(".waitForTaskToken") ? 4 : 3;
  if (state.Type === "Task") return 2 + perAttempt * (1 + failedAttempts);
  return state.Type === "Map" ? 2 + 4 : 2;
}

/** Events of one turn of the longer of Kaggle's loops. */
function eventsOfTurn({ States }: Machine): number {
  const turns = kaggleLoops.map((loop) => loop.map((name) => eventsOf(States[name] as State, 0)));
  return Math.max(...turns.map((turn) => turn.reduce((sum, events) => sum + events, 0)));
}

/** The most events that an execution can have, each task retried to the end and Kaggle waited for as long as may be. */
export function mostEvents(machine: Machine): number {
  const startAndEnd = 2;
  const once = heaviestPath(machine, (_, state) => eventsOf(state)).weight;
  // A turn more for each timeout, which ends with the check after it.
  return startAndEnd + once + (kaggleWaiting.looks + 3) * eventsOfTurn(machine);
}
