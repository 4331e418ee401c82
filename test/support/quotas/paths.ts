import type { Machine, State } from "../definition.ts";

/** The states in which Kaggle is waited for, from one of them back to it. Their turns are bounded by `kaggleWaiting`. */
export const kaggleLoops = [
  ["Upload dataset", "Dataset ready?", "Wait for the dataset"],
  ["Push kernel", "Already trained?", "Wait for a GPU session"],
  ["Check kernel", "Kernel finished?", "Wait for the kernel"],
];

/** Where a state leads: onward, by choice, and by an error. */
function nextOf({ Next, Default, Choices = [], Catch = [] }: State): string[] {
  const all = [Next, Default, ...Choices.map((choice) => choice.Next), ...Catch.map((caught) => caught.Next)];
  return [...new Set(all.filter((name) => name !== undefined))];
}

/**
 * The path from the start to an end with the largest sum of weights. A state of a loop is weighed once.
 * @throws Error when there is a loop that nothing bounds
 */
export function heaviestPath(machine: Machine, weigh: (name: string, state: State) => number) {
  const known = new Map<string, { weight: number; path: string[] }>();
  const visit = (name: string, above: string[]): { weight: number; path: string[] } => {
    const found = known.get(name);
    if (found) return found;
    const state = machine.States[name] as State;
    const rest = nextOf(state)
      .filter((next) => !closesLoop(name, next, above))
      .map((next) => visit(next, [...above, name]))
      .reduce((most, other) => (other.weight > most.weight ? other : most), { weight: 0, path: [] as string[] });
    const result = { weight: weigh(name, state) + rest.weight, path: [name, ...rest.path] };
    known.set(name, result);
    return result;
  };
  return visit(machine.StartAt, []);
}

function closesLoop(from: string, to: string, above: string[]): boolean {
  if (kaggleLoops.some((loop) => loop.at(-1) === from && loop[0] === to)) return true;
  if (from === to || above.includes(to)) throw new Error(`Nothing bounds the loop from '${from}' to '${to}'`);
  return false;
}
