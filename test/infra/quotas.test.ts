import { describe, expect, it } from "vitest";
import { z } from "zod";
import { maxShardItems, shardItem, shardResult } from "../../core/contracts/pipeline.ts";
import { maxPhotographs } from "../../core/dataset/input.ts";
import { allStates, definition, type Machine, type State } from "../support/definition.ts";
import { awsQuotas } from "../support/quotas/aws.ts";
import { mostEvents } from "../support/quotas/events.ts";
import { builtOf, contracts, failedShards, variablesOf } from "../support/quotas/payloads.ts";
import { largest } from "../support/quotas/sizes.ts";
import { longestPath, secondsWithRetries } from "../support/quotas/time.ts";
import { publishedPhotographs, secondsToFetch, shardWork } from "../support/quotas/work.ts";

/** A thousand times the published dataset. */
const photographs = 1000 * publishedPhotographs;
const machineSeconds = definition.TimeoutSeconds as number;
const map = definition.States["Preprocess shards"] as State;
const mapSeconds = (count: number) => {
  const { items, seconds } = shardWork(count);
  return Math.ceil(items / (map.MaxConcurrency as number)) * seconds;
};
const once = ({ TimeoutSeconds = 0 }: State) => TimeoutSeconds;

/** The definition with one state changed. */
const withState = (name: string, change: Partial<State>): Machine => ({
  ...definition,
  States: { ...definition.States, [name]: { ...(definition.States[name] as State), ...change } },
});

describe("the events of an execution", () => {
  it("stay below AWS's quota on every path, with each retry and the longest wait for Kaggle", () => {
    expect(mostEvents(definition)).toBeLessThan(awsQuotas.events);
  });

  it("do not, where a task is retried for too long", () => {
    const Retry = [{ ErrorEquals: ["Transient"], MaxAttempts: 1000 }];
    expect(mostEvents(withState("Fetch data", { Retry }))).toBeGreaterThan(awsQuotas.events);
  });

  it("have no bound where a loop has none", () => {
    const looping = withState("Assemble dataset", { Next: "Plan dataset" });
    expect(() => mostEvents(looping)).toThrow("Nothing bounds the loop");
  });
});

describe("the time of an execution", () => {
  const longest = (machine: Machine) => longestPath(machine, mapSeconds(maxPhotographs), once).weight;

  it("is enough on every path for the largest dataset, each task taking all of its time once", () => {
    expect(longest(definition)).toBeLessThan(machineSeconds);
  });

  it("is enough for every retry of everything around the training", () => {
    const around = (state: State) => (state === definition.States.Train ? once(state) : secondsWithRetries(state));
    const withoutKaggle = withState("Where to train?", { Choices: [] });
    expect(longestPath(withoutKaggle, mapSeconds(maxPhotographs), around).weight).toBeLessThan(machineSeconds);
  });

  it("is not, where a task may take too long", () => {
    const slow = withState("Deploy model", { TimeoutSeconds: machineSeconds });
    expect(longest(slow)).toBeGreaterThan(machineSeconds);
  });
});

describe("the payloads of an execution", () => {
  const variables = variablesOf(definition);

  it.each(Object.entries(contracts))("of %s fit into the state, and into a Lambda", (_, { given, answer }) => {
    for (const contract of [given, answer].filter((found) => found !== undefined)) {
      expect(largest(contract)).toBeLessThan(awsQuotas.payload);
      expect(largest(contract)).toBeLessThan(awsQuotas.lambdaPayload);
    }
  });

  it("are known of every Lambda", () => {
    const lambdas = allStates(definition).filter(([, { Arguments }]) => Arguments?.FunctionName);
    expect(lambdas.map(([name]) => name).sort()).toEqual(Object.keys(contracts).sort());
  });

  it("fit as variables, each and all together", () => {
    expect(Object.keys(variables)).toEqual(expect.arrayContaining(["input", "fetched", "plan", "dataset", "training"]));
    for (const [name, bytes] of Object.entries(variables)) expect(bytes, name).toBeLessThan(awsQuotas.assign);
    const all = Object.values(variables).reduce((sum, bytes) => sum + bytes, 0);
    expect(all).toBeLessThan(awsQuotas.variables);
  });

  it("fit as the outputs and the messages that states build of them", () => {
    for (const [name, { Output, Arguments }] of Object.entries(definition.States)) {
      expect(builtOf(Output, variables), name).toBeLessThan(awsQuotas.payload);
      if (Arguments?.TopicArn) expect(builtOf(Arguments, variables), name).toBeLessThan(awsQuotas.message);
    }
  });

  it("fit as the items of the map, and as its results whether shards succeed or fail", () => {
    expect(shardWork(photographs).items).toBeLessThanOrEqual(maxShardItems);
    for (const one of [shardItem, shardResult]) {
      expect(largest(z.array(one).max(maxShardItems))).toBeLessThan(awsQuotas.payload);
    }
    expect(failedShards(definition)).toBeLessThan(awsQuotas.payload);
  });

  it("do not, where there are more items or a failed shard says more", () => {
    expect(largest(z.array(shardItem).max(3 * maxShardItems))).toBeGreaterThan(awsQuotas.payload);
    const talkative = structuredClone(definition);
    const shard = talkative.States["Preprocess shards"]?.ItemProcessor?.States["Preprocess shard"] as State;
    for (const one of shard.Catch ?? []) one.Output = one.Output?.replace("0, 140)", "0, 400)") as string;
    expect(failedShards(talkative)).toBeGreaterThan(awsQuotas.payload);
  });

  it("are not known where a contract has a field without a bound", () => {
    expect(() => largest(z.object({ photographNames: z.array(z.string()) }))).toThrow("'photographNames'");
  });
});

describe("the work of one Lambda", () => {
  it("on a shard ends in time at 1,000 times the data", () => {
    expect(shardWork(photographs)).toMatchObject({ chunksOfItem: 58 });
    expect(shardWork(photographs).seconds).toBeLessThan(awsQuotas.lambdaSeconds);
  });

  it("on fetching ends in time for the largest dataset, and would not at 1,000 times the data, which is rejected", () => {
    expect(secondsToFetch(maxPhotographs)).toBeLessThan(awsQuotas.lambdaSeconds);
    expect(secondsToFetch(photographs)).toBeGreaterThan(awsQuotas.lambdaSeconds);
    expect(photographs).toBeGreaterThan(maxPhotographs);
  });
});
